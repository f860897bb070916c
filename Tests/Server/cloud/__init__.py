"""Amazon's services on this machine, strict where a client must be right."""
