"""Partner simulators: a web shop, a warehouse system and a carrier, each its own HTTP process."""
