"""The ways back. For now: cancelling before shipment; returns come with a later release."""
