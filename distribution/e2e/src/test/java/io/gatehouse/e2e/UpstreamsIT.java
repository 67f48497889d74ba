package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A file with upstreams on the packaged gateway: who gets requests, who is put out and comes back, what is seen of it. */
final class UpstreamsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static FaultServer one;
    private static FaultServer two;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        one = FaultServer.start(ServerScript.answering("{\"server\":\"one\"}"));
        two = FaultServer.start(ServerScript.answering("{\"server\":\"two\"}"));
        gateway = RUNNING.add(PackagedGateway.named("upstreams")
                .env("GATEHOUSE_WATCH", "off")
                .env("KONG_DNS_RESOLVER", "127.0.0.1:9") // nobody is there
                .yaml("kong.yaml", """
                        services:
                          - {name: shop, host: shop-servers, retries: 2, routes: [{name: shop, paths: [/shop]}]}
                          - {name: gone, host: gone.invalid, routes: [{name: gone, paths: [/gone]}]}
                        upstreams:
                          - name: shop-servers
                            slots: 100
                            healthchecks:
                              active:
                                http_path: /health
                                timeout: 30
                                healthy: {interval: 0.2, successes: 1}
                                unhealthy: {interval: 0.2, tcp_failures: 1, http_failures: 1}
                              passive: {unhealthy: {tcp_failures: 1}}
                            targets:
                              - {target: "127.0.0.1:%d", weight: 100}
                              - {target: "localhost:%d", weight: 300}
                          - {name: unchecked, targets: [{target: "127.0.0.9:81"}]}
                          - {name: lost, targets: [{target: "lost.invalid:82"}]}
                        plugins:
                          - {name: prometheus, config: {status_code_metrics: true, upstream_health_metrics: true}}
                        """.formatted(one.port(), two.port()))
                .start());
    }

    @AfterAll
    static void stopServers() {
        one.close();
        two.close();
    }

    private static Map<String, Long> answers(int count) {
        Map<String, Long> answers = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            HttpResponse<String> answer = PackagedGateway.get(gateway.proxy("/shop"));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            answers.merge(Json.read(answer.body()).at("/server").asText(), 1L, Long::sum);
        }
        return answers;
    }

    /** The states that hold, by target. */
    private static Map<String, String> states() {
        return gateway.metrics().samples().stream()
                .filter(sample -> sample.name().equals("kong_upstream_target_health") && sample.value() == 1)
                .collect(Collectors.toMap(sample -> sample.label("target"), sample -> sample.label("state")));
    }

    private static void awaitState(FaultServer server, String host, String state) {
        awaitState(host + ":" + server.port(), state);
    }

    private static void awaitState(String target, String state) {
        boolean unused = Workplace.await(
                Workplace.SOON, () -> state.equals(states().get(target)) ? true : null, () -> "states: " + states());
    }

    @Test
    void spreadsPutsOutAndTakesBack() throws IOException {
        assertThat(answers(40)).isEqualTo(Map.of("one", 10L, "two", 30L));
        awaitState(two, "localhost", "healthy");

        two.refuse();
        awaitState(two, "localhost", "unhealthy");
        assertThat(answers(10)).isEqualTo(Map.of("one", 10L));
        JsonNode health = Json.read(PackagedGateway.get(gateway.admin("/upstreams/shop-servers/health"))
                .body());
        assertThat(health.at("/data")).hasSize(2);
        for (JsonNode target : health.at("/data")) { // in the order of their ids
            boolean refuses = target.path("target").asText().endsWith(":" + two.port());
            assertThat(target.path("health").asText()).isEqualTo(refuses ? "UNHEALTHY" : "HEALTHY");
            assertThat(target.at("/data/addresses/0/ip").asText()).isEqualTo("127.0.0.1");
        }

        two.listen();
        awaitState(two, "localhost", "healthy");
        assertThat(answers(40)).isEqualTo(Map.of("one", 10L, "two", 30L));
    }

    @Test
    void showsFourStatesOfEachAddress() {
        awaitState(one, "127.0.0.1", "healthy");
        String text = PackagedGateway.get(gateway.admin("/metrics")).body();
        String labels = "upstream=\"shop-servers\",target=\"127.0.0.1:" + one.port() + "\",address=\"127.0.0.1:"
                + one.port() + "\",state=";
        for (String state : new String[] {"healthchecks_off", "unhealthy", "dns_error", "healthy"}) {
            assertThat(text)
                    .contains("kong_upstream_target_health{" + labels + "\"" + state + "\",subsystem=\"http\"} "
                            + (state.equals("healthy") ? 1 : 0) + "\n");
        }
    }

    @Test
    void tellsOfTargetsThatAreNotCheckedOrHaveNoAddress() throws IOException {
        awaitState("127.0.0.9:81", "healthchecks_off");
        awaitState("lost.invalid:82", "dns_error");
        assertThat(PackagedGateway.get(gateway.admin("/metrics")).body())
                .contains("kong_upstream_target_health{upstream=\"lost\",target=\"lost.invalid:82\",address=\"\","
                        + "state=\"dns_error\",subsystem=\"http\"} 1\n");
        assertThat(healthOf("unchecked")).isEqualTo("HEALTHCHECKS_OFF");
        assertThat(healthOf("lost")).isEqualTo("DNS_ERROR");
    }

    private static String healthOf(String upstream) throws IOException {
        return Json.read(PackagedGateway.get(gateway.admin("/upstreams/" + upstream + "/health"))
                        .body())
                .at("/data/0/health")
                .asText();
    }

    @Test
    void tellsThatNoNameServerAnswers() {
        HttpResponse<String> answer = PackagedGateway.send(
                HttpRequest.newBuilder(gateway.proxy("/gone")).header("Accept", "text/plain"));
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).startsWith("failed the initial dns/balancer resolve for 'gone.invalid' with: ");
    }
}
