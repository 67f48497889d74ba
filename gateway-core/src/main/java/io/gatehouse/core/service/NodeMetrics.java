package io.gatehouse.core.service;

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

    private final NodeFacts facts;
    private final NodeMemory memory;

    NodeMetrics(MetricsRegistry registry, NodeFacts facts) {
        this.facts = facts;
        this.memory = new NodeMemory(registry, facts);
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
                (double) facts.requests(),
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
                (double) memory.heapUsed(),
                "node_id",
                node,
                "pid",
                Long.toString(memory.pid()),
                "kong_subsystem",
                SUBSYSTEM);
        for (NodeFacts.Pool pool : memory.pools()) {
            String[] labels = {"node_id", node, "shared_dict", pool.name(), "kong_subsystem", SUBSYSTEM};
            samples.gauge(DICT, "Used bytes of a bounded pool.", (double) pool.used(), labels);
            samples.gauge(DICT_TOTAL, "Capacity of a bounded pool in bytes.", (double) pool.capacity(), labels);
        }
    }

    private static void connections(Samples samples, String node, String state, long value) {
        samples.gauge(
                CONNECTIONS, CONNECTIONS_HELP, (double) value, "node_id", node, "subsystem", SUBSYSTEM, "state", state);
    }
}
