"""The market: who asks, who lends, who covers; what can be contracted; the stable and the best of all matchings."""
