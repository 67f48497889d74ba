package io.gatehouse.core.service;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;

/** The node's bounded memories: what Kong shows as shared dictionaries and Lua machines. Any thread. */
public final class NodeMemory {
    /** What a series weighs, roughly: its child with its adders, its key and its label text. */
    private static final long BYTES_PER_SERIES = 512;

    private final MetricsRegistry registry;
    private final NodeFacts facts;
    private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    private final long pid = ProcessHandle.current().pid();

    /** Watches the memories of a node. */
    public NodeMemory(MetricsRegistry registry, NodeFacts facts) {
        this.registry = registry;
        this.facts = facts;
    }

    /** The process id. */
    public long pid() {
        return pid;
    }

    /** Used bytes of the Java heap. */
    public long heapUsed() {
        return memory.getHeapMemoryUsage().getUsed();
    }

    /** All pools whose capacity is known. */
    public List<NodeFacts.Pool> pools() {
        List<NodeFacts.Pool> pools = new ArrayList<>();
        add(
                pools,
                "prometheus_metrics",
                registry.seriesCount() * BYTES_PER_SERIES,
                registry.seriesCapacity() * BYTES_PER_SERIES);
        MemoryUsage heap = memory.getHeapMemoryUsage();
        add(pools, "jvm_heap", heap.getUsed(), heap.getMax());
        for (BufferPoolMXBean buffers : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (buffers.getName().equals("direct")) {
                // the JVM's own bound for direct buffers is the heap's, unless an option says otherwise
                add(
                        pools,
                        "jvm_direct",
                        buffers.getMemoryUsed(),
                        Runtime.getRuntime().maxMemory());
            }
        }
        for (NodeFacts.Pool pool : facts.pools()) {
            add(pools, pool.name(), pool.used(), pool.capacity());
        }
        return pools;
    }

    private static void add(List<NodeFacts.Pool> pools, String name, long used, long capacity) {
        if (capacity > 0) {
            pools.add(new NodeFacts.Pool(name, used, capacity));
        }
    }
}
