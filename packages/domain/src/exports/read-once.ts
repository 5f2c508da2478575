/**
 * What planRows is told where rows are read once and not by pages: whatever their number and order, they are sorted once, in a
 * job whose time is its own, so no order is refused for its cost.
 */
export const readOnce = { rows: 0, indexed: [] } as const;
