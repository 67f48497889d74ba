package io.gatehouse.core.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Request;
import io.gatehouse.api.body.Body;
import io.gatehouse.core.exchange.Chain;
import io.gatehouse.core.exchange.FrozenHead;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.Plan;
import io.gatehouse.core.routing.RequestPath;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What of a request is hashed, {@code hashing-cases.yaml}, and where a hash goes, {@code ring-cases.yaml}. */
@NullUnmarked
class HashingCasesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    record Case(JsonNode node) {
        @Override
        public String toString() {
            return node.path("it").asText();
        }
    }

    static Stream<Case> inputs() throws IOException {
        return TestUpstream.table("hashing-cases.yaml").stream().map(Case::new);
    }

    static Stream<Case> rings() throws IOException {
        return TestUpstream.table("ring-cases.yaml").stream().map(Case::new);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("inputs")
    void hashesWhatTheCaseSays(Case one) throws JsonProcessingException {
        HashInput input =
                new HashInput(TestUpstream.upstream((ObjectNode) one.node().path("upstream")));
        for (JsonNode request : one.node().path("requests")) {
            Exchange exchange = exchange(request);
            HashKey key = input.of(exchange, request(exchange, request));
            if (request.has("sets")) {
                String made = key.setCookie()
                        .substring(
                                key.setCookie().indexOf('=') + 1,
                                key.setCookie().indexOf(';'));
                assertThat(key.setCookie().replace(made, "ID"))
                        .isEqualTo(request.path("sets").asText());
                assertThat(made).hasSize(36);
                assertThat(key.hash()).isEqualTo(XxHash32.of(made));
            } else {
                assertThat(key.setCookie()).as("%s: %s", one, request).isNull();
                assertThat(key.hash())
                        .as("%s: %s", one, request)
                        .isEqualTo(XxHash32.of(request.path("hashes").asText()));
            }
        }
    }

    private static Exchange exchange(JsonNode request) {
        RequestPath path = RequestPath.of(request.path("ask").asText("/"));
        Map<String, String> captures = new TreeMap<>();
        request.path("captures")
                .properties()
                .forEach(e -> captures.put(e.getKey(), e.getValue().asText()));
        LiveExchange exchange = new LiveExchange(
                null,
                "id",
                new FrozenHead(
                        HttpMethod.GET,
                        "http",
                        "a",
                        path.raw() + path.query(),
                        path.path(),
                        path.query().isEmpty() ? null : path.query().substring(1),
                        MultiMap.caseInsensitiveMultiMap(),
                        "HTTP/1.1",
                        80),
                request.path("from").asText("10.9.9.9"),
                null,
                null,
                new Plan(null, null, new Chain(List.of(), next -> Future.failedFuture("not sent"))),
                captures,
                () -> {});
        if (request.has("consumer") || request.has("credential")) {
            Consumer consumer = request.has("consumer")
                    ? new Consumer(request.path("consumer").asText(), "who", null, List.of())
                    : null;
            exchange.authenticate(
                    consumer,
                    request.has("credential")
                            ? new Credential(
                                    request.path("credential").asText(), "keyauth_credentials", consumer, Map.of())
                            : null);
        }
        return exchange;
    }

    private static Request request(Exchange exchange, JsonNode request) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (JsonNode header : request.path("headers")) {
            String text = header.asText();
            int colon = text.indexOf(':');
            headers.add(text.substring(0, colon), text.substring(colon + 1).strip());
        }
        return new Request(exchange, HttpMethod.GET, "/", headers, Body.empty());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rings")
    void goesWhereKongsRingLeads(Case one) throws JsonProcessingException {
        ObjectNode fields = JSON.createObjectNode()
                .put("algorithm", "consistent-hashing")
                .put("slots", one.node().path("slots").asInt());
        // with a check, for without any nothing is down
        fields.putObject("healthchecks")
                .putObject("passive")
                .putObject("unhealthy")
                .put("timeouts", 1);
        Map<String, Integer> targets = new LinkedHashMap<>();
        one.node()
                .path("targets")
                .properties()
                .forEach(e -> targets.put(e.getKey(), e.getValue().asInt()));
        Balancer balancer = TestUpstream.balancer(
                fields, targets, TestUpstream.names(one.node().path("names")));
        for (JsonNode down : one.node().path("down")) {
            assertThat(balancer.setHealth(down.asText(), null, false)).isTrue();
        }
        Map<String, String> expected = new TreeMap<>();
        Map<String, String> found = new TreeMap<>();
        one.node().path("keys").properties().forEach(e -> {
            expected.put(e.getKey(), e.getValue().asText());
            Address address = balancer.pick(new HashKey(XxHash32.of(e.getKey()), null), null);
            found.put(e.getKey(), text(address));
        });
        assertThat(found).as(one.toString()).isEqualTo(expected);
    }

    /** With all zeros that an IPv6 address of a name can have, as in the table. */
    private static String text(Address address) {
        boolean shortened = address.ip().contains("::");
        return shortened
                ? "[" + Literals.address(address.ip()).getHostAddress() + "]:" + address.port()
                : address.toString();
    }
}
