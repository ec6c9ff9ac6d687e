"""What a piece of work will take before it is begun: hours, memory and money, from sizes and speeds."""
