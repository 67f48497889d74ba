package io.gatehouse.core.service;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;

/**
 * This JVM's heap, as its collector sees it after a collection: with those that have a young generation of fixed size
 * (Serial, Parallel) the old one, with the others the whole heap, less what G1 keeps back. Any thread.
 */
public final class JvmHeap implements MemoryGuard.Heap {
    /** G1's reserve of a tenth, and a twentieth for what is young, are no room for what lives. */
    private static final double LEFT_BY_G1 = 0.85;

    private final List<MemoryPoolMXBean> longLived = new ArrayList<>();

    /** Finds the pools of what lives long. */
    public JvmHeap() {
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            // what is young is full before every collection, so the JVM gives it no threshold
            if (pool.getType() == MemoryType.HEAP
                    && pool.isUsageThresholdSupported()
                    && pool.isCollectionUsageThresholdSupported()) {
                longLived.add(pool);
            }
        }
    }

    @Override
    public double lived() {
        double most = 0;
        for (MemoryPoolMXBean pool : longLived) {
            MemoryUsage now = pool.getUsage();
            MemoryUsage after = pool.getCollectionUsage();
            if (now.getMax() > 0 && after != null) {
                // a collector may free memory without calling it a collection of this pool
                double room = pool.getName().startsWith("G1 ") ? LEFT_BY_G1 * now.getMax() : now.getMax();
                most = Math.max(most, Math.min(now.getUsed(), after.getUsed()) / room);
            }
        }
        return most;
    }

    @Override
    public void collect() {
        System.gc();
    }
}
