package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NodeMetricsTest {
    private static final String NODE = "node_id=\"" + FixedNodeFacts.ID + "\"";
    private final MetricsRegistry registry = new MetricsRegistry();

    @Test
    void showsKongsNodeMetricsWithoutAnyPlugin() {
        registry.add(new FixedNodeFacts());

        assertThat(registry.text())
                .contains(
                        "# TYPE kong_nginx_connections_total gauge\n"
                                + connections("accepted", 12)
                                + connections("active", 5)
                                + connections("handled", 12)
                                + connections("reading", 0)
                                + connections("total", 40)
                                + connections("waiting", 3)
                                + connections("writing", 2),
                        "kong_nginx_requests_total{" + NODE + ",subsystem=\"http\"} 40\n",
                        "kong_nginx_timers{state=\"pending\"} 3\n",
                        "kong_nginx_timers{state=\"running\"} 1\n",
                        "kong_nginx_metric_errors_total 0\n",
                        "kong_datastore_reachable 1\n",
                        "kong_node_info{" + NODE + ",version=\"gatehouse/0.1.0\"} 1\n",
                        "kong_memory_lua_shared_dict_bytes{" + NODE
                                + ",shared_dict=\"prometheus_metrics\",kong_subsystem=\"http\"} ")
                .containsPattern("kong_memory_workers_lua_vms_bytes\\{" + NODE
                        + ",pid=\"[0-9]+\",kong_subsystem=\"http\"} [0-9]+\n");
    }

    @Test
    void givesEveryPoolACapacityAboveZero() {
        registry.node().counter("kong_a", "A.").with().add(1);
        registry.add(new FixedNodeFacts());

        String used = "kong_memory_lua_shared_dict_bytes{";
        String capacity = "kong_memory_lua_shared_dict_total_bytes{";
        String text = registry.text();
        assertThat(labels(text, used)).isEqualTo(labels(text, capacity)).contains("prometheus_metrics", "jvm_heap");
        assertThat(text.lines().filter(l -> l.startsWith(capacity)))
                .allSatisfy(l -> assertThat(Double.parseDouble(l.substring(l.lastIndexOf(' '))))
                        .isPositive());
    }

    private static String labels(String text, String start) {
        return text.lines()
                .filter(l -> l.startsWith(start))
                .map(l -> l.substring(start.length(), l.indexOf('}')))
                .toList()
                .toString();
    }

    private static String connections(String state, int value) {
        return "kong_nginx_connections_total{" + NODE + ",subsystem=\"http\",state=\"" + state + "\"} " + value + "\n";
    }
}
