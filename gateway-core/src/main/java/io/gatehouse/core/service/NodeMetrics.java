package io.gatehouse.core.service;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;

/**
 * Kong's metrics of the node, computed when they are read. Kong's names stay even where the thing behind them is
 * another: what it calls shared dictionaries are bounded pools here, its Lua machines are the JVM's heap.
 */
final class NodeMetrics implements MetricSource {
    private static final String SUBSYSTEM = "http";
    private static final String CONNECTIONS = "kong_nginx_connections_total";
    private static final String CONNECTIONS_HELP = "Connections of clients by state.";
    private static final String DICT = "kong_memory_lua_shared_dict_bytes";
    private static final String DICT_TOTAL = "kong_memory_lua_shared_dict_total_bytes";

    /** What a series weighs, roughly: its child with its adders, its key and its label text. */
    private static final long BYTES_PER_SERIES = 512;

    private final MetricsRegistry registry;
    private final NodeFacts facts;
    private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    private final String pid = Long.toString(ProcessHandle.current().pid());

    NodeMetrics(MetricsRegistry registry, NodeFacts facts) {
        this.registry = registry;
        this.facts = facts;
    }

    @Override
    public void collect(Samples samples) {
        String node = facts.nodeId();
        long active = facts.connectionsActive();
        long inFlight = facts.exchangesInFlight();
        connections(samples, node, "accepted", facts.connectionsAccepted());
        connections(samples, node, "active", active);
        connections(samples, node, "handled", facts.connectionsAccepted());
        connections(samples, node, "reading", 0);
        connections(samples, node, "total", facts.requests());
        // several HTTP/2 exchanges share a connection
        connections(samples, node, "waiting", Math.max(0, active - inFlight));
        connections(samples, node, "writing", inFlight);
        samples.gauge(
                "kong_nginx_requests_total",
                "Requests read from clients.",
                facts.requests(),
                "node_id",
                node,
                "subsystem",
                SUBSYSTEM);
        String timers = "Worker tasks: running and waiting.";
        samples.gauge("kong_nginx_timers", timers, facts.workersBusy(), "state", "running");
        samples.gauge("kong_nginx_timers", timers, facts.workersQueued(), "state", "pending");
        samples.gauge(
                "kong_datastore_reachable",
                "Whether the configuration store answers; always 1 without one.",
                facts.datastoreReachable() ? 1 : 0);
        samples.gauge(
                "kong_node_info",
                "Identity of this node.",
                1,
                "node_id",
                node,
                "version",
                "gatehouse/" + facts.version());
        samples.gauge(
                "kong_memory_workers_lua_vms_bytes",
                "Used bytes of the Java heap.",
                memory.getHeapMemoryUsage().getUsed(),
                "node_id",
                node,
                "pid",
                pid,
                "kong_subsystem",
                SUBSYSTEM);
        pool(
                samples,
                node,
                "prometheus_metrics",
                registry.seriesCount() * BYTES_PER_SERIES,
                registry.seriesCapacity() * BYTES_PER_SERIES);
        pool(
                samples,
                node,
                "jvm_heap",
                memory.getHeapMemoryUsage().getUsed(),
                memory.getHeapMemoryUsage().getMax());
        for (BufferPoolMXBean buffers : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (buffers.getName().equals("direct")) {
                // the JVM's own bound for direct buffers is the heap's, unless an option says otherwise
                pool(
                        samples,
                        node,
                        "jvm_direct",
                        buffers.getMemoryUsed(),
                        Runtime.getRuntime().maxMemory());
            }
        }
        for (NodeFacts.Pool pool : facts.pools()) {
            pool(samples, node, pool.name(), pool.used(), pool.capacity());
        }
    }

    private static void connections(Samples samples, String node, String state, long value) {
        samples.gauge(CONNECTIONS, CONNECTIONS_HELP, value, "node_id", node, "subsystem", SUBSYSTEM, "state", state);
    }

    private static void pool(Samples samples, String node, String name, long used, long capacity) {
        if (capacity <= 0) {
            return;
        }
        String[] labels = {"node_id", node, "shared_dict", name, "kong_subsystem", SUBSYSTEM};
        samples.gauge(DICT, "Used bytes of a bounded pool.", used, labels);
        samples.gauge(DICT_TOTAL, "Capacity of a bounded pool in bytes.", capacity, labels);
    }
}
