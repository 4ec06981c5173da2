package io.tidegate.target.iscsi;

/** What one loop counts; written by the loop only, read by whoever scrapes. */
final class LoopCounters {
    final Counter received = new Counter();
    final Counter sent = new Counter();
    final Counter protocolErrors = new Counter();
    final Counter rejects = new Counter();
    final Counter keepAliveDrops = new Counter();
    final UnitCounters units = new UnitCounters();
}
