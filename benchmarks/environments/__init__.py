"""Really broken and really healthy environments: how they are made, harmed, asked and graded."""
