"""From the shelf to the door: shipment and receipt."""
