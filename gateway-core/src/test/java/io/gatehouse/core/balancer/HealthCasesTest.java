package io.gatehouse.core.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.balancer.TargetHealth.State;
import io.gatehouse.core.entity.UpstreamEntity.Active;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** From what becomes of requests and probes to who gets requests and what is shown of it: {@code health-cases.yaml}. */
@NullUnmarked
class HealthCasesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    record Case(JsonNode node) {
        @Override
        public String toString() {
            return node.path("it").asText();
        }
    }

    static Stream<Case> cases() throws IOException {
        return TestUpstream.table("health-cases.yaml").stream().map(Case::new);
    }

    /** Probes that are answered when the test says so. */
    private static final class HeldProbes implements Probes, Probes.Probe {
        final Map<Address, Promise<Integer>> asked = new HashMap<>();

        @Override
        public Probe open(Active checks, TlsOptions tls) {
            return this;
        }

        @Override
        public Future<Integer> probe(Address address, String hostHeader) {
            Promise<Integer> promise = Promise.promise();
            asked.put(address, promise);
            return promise.future();
        }

        @Override
        public void close() {}
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void goesAsTheCaseSays(Case one) throws JsonProcessingException {
        Balancer balancer = balancer(one.node());
        HeldProbes probes = new HeldProbes();
        Watch watch = new Watch(balancer, probes);
        List<Address> addresses = new ArrayList<>();
        balancer.targets().forEach(target -> addresses.addAll(target.addresses()));
        List<String> health = new ArrayList<>();
        long now = 0;
        for (String seen : one.node().path("seen").asText().split(" ", -1)) {
            if (seen.isEmpty()) {
                continue;
            }
            boolean nth = seen.indexOf('/') > 0;
            Address address = addresses.get(nth ? seen.charAt(0) - '1' : 0);
            String what = nth ? seen.substring(2) : seen;
            if (what.startsWith("p")) {
                now += TimeUnit.HOURS.toNanos(1);
                watch.tick(now);
                probed(probes.asked.remove(address), what.substring(1), one + " at " + seen);
            } else {
                passed(balancer, address, what);
            }
            health.add(letters(balancer, addresses));
        }

        assertThat(String.join(" ", health))
                .as("%s", one)
                .isEqualTo(one.node().path("then").asText());
        Map<String, String> shown = new TreeMap<>();
        balancer.health().forEach(target -> shown.put(target.name(), text(target)));
        Map<String, String> expected = new TreeMap<>();
        one.node()
                .path("shows")
                .properties()
                .forEach(e -> expected.put(e.getKey(), e.getValue().asText()));
        if (!expected.isEmpty()) {
            assertThat(shown).as("%s", one).isEqualTo(expected);
        }
        assertThat(series(balancer)).as("%s", one).isEqualTo(expectedSeries(balancer));
    }

    private static Balancer balancer(JsonNode node) throws JsonProcessingException {
        ObjectNode fields = JSON.createObjectNode();
        ObjectNode checks = fields.putObject("healthchecks");
        for (String name : List.of("threshold", "active", "passive")) {
            if (node.has(name)) {
                checks.set(name, node.path(name));
            }
        }
        Map<String, Integer> targets = new LinkedHashMap<>();
        node.path("targets")
                .properties()
                .forEach(e -> targets.put(e.getKey(), e.getValue().asInt()));
        if (targets.isEmpty()) {
            targets.put("10.0.0.1:80", 100);
        }
        return TestUpstream.balancer(fields, targets, TestUpstream.names(node.path("names")));
    }

    private static void probed(Promise<Integer> probe, String how, String when) {
        if (how.equals("-none")) {
            assertThat(probe).as(when).isNull();
            return;
        }
        assertThat(probe).as(when).isNotNull();
        switch (how) {
            case "-late" -> probe.fail(new TimeoutException("planted"));
            case "-refused" -> probe.fail(new ConnectException("planted"));
            case "-open" -> probe.complete(0);
            default -> probe.complete(Integer.valueOf(how));
        }
    }

    private static void passed(Balancer balancer, Address address, String what) {
        if (what.equals("+") || what.equals("-")) {
            assertThat(balancer.setHealth(address.host() + ':' + address.port(), null, what.equals("+")))
                    .isTrue();
            return;
        }
        balancer.begun(address);
        if (Character.isDigit(what.charAt(0))) {
            balancer.answered(address, Integer.parseInt(what), 1_000);
            balancer.ended(address, null);
        } else {
            FailureKind kind = FailureKind.valueOf(what.toUpperCase(Locale.ROOT));
            balancer.ended(address, Failure.of(kind, "planted"));
        }
    }

    /** Who gets requests, seen from who is picked. */
    private static String letters(Balancer balancer, List<Address> addresses) {
        Set<Address> picked = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            picked.add(balancer.pick(HashKey.NONE, null));
        }
        StringBuilder letters = new StringBuilder();
        addresses.forEach(address -> letters.append(picked.contains(address) ? 'H' : 'U'));
        return letters.toString();
    }

    private static String text(TargetHealth target) {
        StringBuilder text = new StringBuilder();
        text.append(target.health()).append(' ');
        text.append(target.dns().indexOf(' ') < 0 ? target.dns() : "'" + target.dns() + "'");
        text.append(' ').append(target.host()).append(' ').append(target.port());
        text.append(' ').append(target.weight()).append(' ').append(target.totalWeight());
        text.append('/').append(target.availableWeight());
        for (TargetHealth.OfAddress one : target.addresses()) {
            text.append(' ').append(one.ip()).append(':').append(one.port());
            text.append('=').append(one.health()).append('/').append(one.weight());
        }
        return text.toString();
    }

    private static List<String> series(Balancer balancer) {
        List<String> series = new ArrayList<>();
        HealthMetrics.show(
                (name, help, value, labels) -> series.add(name + ' ' + String.join(" ", labels) + ' ' + (int) value),
                "pool",
                balancer.health());
        return series;
    }

    /** Four series an address, or a target without one; 1 for the state that holds. */
    private static List<String> expectedSeries(Balancer balancer) {
        List<String> series = new ArrayList<>();
        for (TargetHealth target : balancer.health()) {
            Map<String, State> states = new LinkedHashMap<>();
            target.addresses().forEach(one -> states.put(one.ip() + ':' + one.port(), one.health()));
            if (states.isEmpty()) {
                states.put("", State.DNS_ERROR);
            }
            states.forEach((address, state) -> {
                for (String each : List.of("healthchecks_off", "healthy", "unhealthy", "dns_error")) {
                    series.add("kong_upstream_target_health upstream pool target " + target.name() + " address "
                            + address + " state " + each + " subsystem http "
                            + (each.equals(state.name().toLowerCase(Locale.ROOT)) ? 1 : 0));
                }
            });
        }
        return series;
    }

    /** The name is asked for each time; who comes back after it was gone is a new one. */
    @Test
    void anAddressKeepsItsHealthAsLongAsItsNameHasIt() throws JsonProcessingException {
        ObjectNode fields = JSON.createObjectNode();
        fields.putObject("healthchecks")
                .putObject("passive")
                .putObject("unhealthy")
                .put("tcp_failures", 1);
        ObjectNode names = JSON.createObjectNode();
        names.putArray("a.example").add("10.1.1.1");
        Balancer balancer =
                TestUpstream.balancer(fields, Map.of("a.example:80", 1), TestUpstream.names(names, Duration.ZERO));
        balancer.goesLive();
        assertThat(balancer.ready()).isNull(); // the answer was there at once
        passed(balancer, balancer.pick(HashKey.NONE, null), "connect");
        List<String> seen = new ArrayList<>();
        for (String ips : List.of("10.1.1.1 10.1.1.2", "10.1.1.2", "10.1.1.2 10.1.1.1")) {
            ArrayNode now = names.putArray("a.example");
            List.of(ips.split(" ")).forEach(now::add);
            assertThat(balancer.ready()).isNull();
            balancer.health().get(0).addresses().forEach(one -> seen.add(one.ip() + '=' + one.health()));
        }
        assertThat(seen)
                .containsExactly(
                        "10.1.1.1=UNHEALTHY",
                        "10.1.1.2=HEALTHY",
                        "10.1.1.2=HEALTHY",
                        "10.1.1.2=HEALTHY",
                        "10.1.1.1=HEALTHY");
    }

    /** Nothing else could bring an address back, as nothing reports and none may be set by hand. */
    @Test
    void withoutChecksAllAreAvailableAndWithThemAgainAllBeginHealthy() throws JsonProcessingException {
        ObjectNode checks = JSON.createObjectNode();
        checks.putObject("healthchecks")
                .putObject("passive")
                .putObject("unhealthy")
                .put("tcp_failures", 1);
        Map<String, Integer> targets = Map.of("10.0.0.1:80", 1);
        Names names = TestUpstream.names(JSON.nullNode());
        Memory memory = new Memory();
        List<String> seen = new ArrayList<>();
        Balancer first = null;
        Address late = null;
        for (ObjectNode fields : List.of(checks, checks, JSON.createObjectNode(), checks)) {
            Balancer balancer = TestUpstream.balancer(fields, targets, names, memory);
            balancer.goesLive();
            balancer.health().forEach(one -> seen.add(one.health() + " " + one.availableWeight()));
            assertThat(balancer.pick(HashKey.NONE, null) != null).isEqualTo(balancer.isHealthy());
            if (first == null) {
                first = balancer;
                late = balancer.pick(HashKey.NONE, null);
            }
            passed(first, late, "connect"); // a request of the first one that fails only now
        }
        assertThat(seen).containsExactly("HEALTHY 1", "UNHEALTHY 0", "HEALTHCHECKS_OFF 1", "HEALTHY 1");
    }

    @ParameterizedTest
    @CsvSource({
        // interval while healthy, while unhealthy, status of the probes; at which of the seconds 0 to 9 there is one
        "2,   7, 200, 0 2 4 6 8",
        "7,   2, 200, 0 7",
        "2,   7, 503, 0 7", // the first one puts it out
        "7,   2, 503, 0 2 4 6 8",
        "0,   2, 503, ''", // nothing puts it out
        "2,   0, 503, 0",
        "0.5, 0, 200, 0 1 2 3 4 5 6 7 8 9",
        "100, 1, 200, 0",
    })
    void probesTheHealthyAndTheUnhealthyAtIntervalsOfTheirOwn(
            double healthy, double unhealthy, int status, String seconds) throws JsonProcessingException {
        ObjectNode fields = JSON.createObjectNode();
        ObjectNode active = fields.putObject("healthchecks").putObject("active");
        active.putObject("healthy").put("interval", healthy).put("successes", 1);
        active.putObject("unhealthy").put("interval", unhealthy).put("http_failures", 1);
        Balancer balancer =
                TestUpstream.balancer(fields, Map.of("10.0.0.1:80", 1), TestUpstream.names(JSON.nullNode()));
        HeldProbes probes = new HeldProbes();
        Watch watch = new Watch(balancer, probes);
        List<String> when = new ArrayList<>();
        for (int second = 0; second < 10; second++) {
            watch.tick(TimeUnit.SECONDS.toNanos(second));
            for (Promise<Integer> probe : List.copyOf(probes.asked.values())) {
                when.add(String.valueOf(second));
                probe.complete(status);
            }
            probes.asked.clear();
        }
        assertThat(String.join(" ", when)).isEqualTo(seconds);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "10, 3"})
    void probesSoManyAddressesAtOnce(int concurrency, int expected) throws JsonProcessingException {
        ObjectNode fields = JSON.createObjectNode();
        ObjectNode active = fields.putObject("healthchecks").putObject("active").put("concurrency", concurrency);
        active.putObject("healthy").put("interval", 1);
        Map<String, Integer> targets = Map.of("10.0.0.1:80", 1, "10.0.0.2:80", 1, "10.0.0.3:80", 1);
        Balancer balancer = TestUpstream.balancer(fields, targets, TestUpstream.names(JSON.nullNode()));
        HeldProbes probes = new HeldProbes();
        Watch watch = new Watch(balancer, probes);
        for (int second = 0; second < 5; second++) {
            watch.tick(TimeUnit.SECONDS.toNanos(second));
            assertThat(probes.asked).as("second %s", second).hasSize(expected);
        }
        probes.asked.values().forEach(probe -> probe.complete(200));
        probes.asked.clear();
        watch.tick(TimeUnit.SECONDS.toNanos(9));
        assertThat(probes.asked).hasSize(expected);
    }
}
