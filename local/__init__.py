"""The laptop cloud: runs the synthesised template on moto, on one virtual clock."""
