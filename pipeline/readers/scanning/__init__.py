"""Pictures of pages flow in, their rules and recognised words flow out; needs the extra `ogi-panel[ocr]`."""
