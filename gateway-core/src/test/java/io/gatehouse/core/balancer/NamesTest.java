package io.gatehouse.core.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.balancer.Answer.Found;
import io.gatehouse.core.balancer.DnsOptions.RecordType;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is remembered of names, for how long, and who is asked for what. */
@NullUnmarked
class NamesTest {
    private final FakeServers servers = new FakeServers();
    private long now = 1_000;
    private Names names = names(DnsOptions.DEFAULT);

    private Names names(DnsOptions options) {
        return new Names(options, servers, () -> now);
    }

    private void wait(int seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }

    /** Answers by host and type; what it does not know does not exist. */
    private static final class FakeServers implements NameServers {
        final Map<String, Records> records = new HashMap<>();
        final Map<String, NameError> errors = new HashMap<>();
        final List<String> asked = new ArrayList<>();
        Promise<Records> held;

        void set(String host, RecordType type, int ttl, String... ips) {
            List<Found> found = new ArrayList<>();
            for (String ip : ips) {
                found.add(new Found(ip, 0, -1, null));
            }
            records.put(type + " " + host, new Records(found, Duration.ofSeconds(ttl), false));
        }

        void services(String host, int ttl, Found... found) {
            records.put("SRV " + host, new Records(List.of(found), Duration.ofSeconds(ttl), false));
        }

        @Override
        public Future<Records> query(String host, RecordType type) {
            String key = type + " " + host;
            asked.add(key);
            if (held != null) {
                return held.future();
            }
            if (errors.containsKey(key)) {
                return Future.failedFuture(errors.get(key));
            }
            return records.containsKey(key)
                    ? Future.succeededFuture(records.get(key))
                    : Future.failedFuture(new NameError("3 name error", true));
        }
    }

    private String next(String host) {
        SocketAddress address = names.next(host, 80);
        return address == null ? "ask" : address.host() + ":" + address.port();
    }

    private String ask(String host) {
        Future<SocketAddress> asked = names.ask(host, 80);
        return asked.succeeded()
                ? asked.result().host() + ":" + asked.result().port()
                : asked.isComplete() ? asked.cause().getMessage() : "pending";
    }

    @Test
    void asksOnceForTheTimeOfAnAnswer() {
        servers.set("a.example", RecordType.A, 10, "10.1.1.1");
        assertThat(next("a.example")).isEqualTo("ask");
        assertThat(ask("a.example")).isEqualTo("10.1.1.1:80");
        wait(9);
        assertThat(next("a.example")).isEqualTo("10.1.1.1:80");
        assertThat(servers.asked).containsExactly("SRV a.example", "A a.example");
    }

    @Test
    void asksFirstForWhatThereWasTheLastTime() {
        servers.set("a.example", RecordType.A, 10, "10.1.1.1");
        ask("a.example");
        servers.asked.clear();
        wait(11);
        next("a.example");
        assertThat(servers.asked).containsExactly("A a.example");
    }

    @Test
    void needsNoServerForAnAddress() {
        assertThat(ask("10.9.9.9")).isEqualTo("10.9.9.9:80");
        assertThat(next("10.9.9.9")).isEqualTo("10.9.9.9:80");
        assertThat(ask("::1")).isEqualTo("::1:80");
        assertThat(servers.asked).isEmpty();
    }

    @Test
    void usesAnOldAnswerWhileANewOneIsFetched() {
        servers.set("a.example", RecordType.A, 10, "10.1.1.1");
        ask("a.example");
        servers.held = Promise.promise();
        wait(11);
        assertThat(next("a.example")).isEqualTo("10.1.1.1:80");
        assertThat(next("a.example")).isEqualTo("10.1.1.1:80");
        assertThat(servers.asked).hasSize(3); // SRV and A at first, and A once more
        servers.held.complete(
                new NameServers.Records(List.of(new Found("10.2.2.2", 0, -1, null)), Duration.ofSeconds(10), false));
        assertThat(next("a.example")).isEqualTo("10.2.2.2:80");
    }

    @Test
    void keepsAnOldAnswerWhileServersFailButNotForEver() {
        servers.set("a.example", RecordType.A, 10, "10.1.1.1");
        ask("a.example");
        servers.errors.put("A a.example", new NameError("2 server failure", false));
        servers.errors.put("AAAA a.example", new NameError("2 server failure", false));
        wait(11);
        next("a.example");
        assertThat(next("a.example")).isEqualTo("10.1.1.1:80");
        for (int i = 0; i < 36; i++) {
            wait(100);
            next("a.example");
        }
        assertThat(next("a.example")).isEqualTo("ask");
        assertThat(ask("a.example")).isEqualTo("2 server failure");
    }

    @Test
    void forgetsAtOnceWhatIsGone() {
        servers.set("a.example", RecordType.A, 10, "10.1.1.1");
        ask("a.example");
        servers.records.clear();
        wait(11);
        assertThat(next("a.example")).isEqualTo("10.1.1.1:80"); // it is asked for only now
        assertThat(next("a.example")).isEqualTo("ask");
        assertThat(ask("a.example")).isEqualTo("3 name error");
    }

    @ParameterizedTest
    @CsvSource({"true, 29, 3", "true, 31, 6", "false, 0, 3", "false, 2, 6"})
    void remembersErrorsToo(boolean missing, int seconds, int questions) {
        if (!missing) {
            for (String type : List.of("SRV", "A", "AAAA")) {
                servers.errors.put(type + " a.example", new NameError("2 server failure", false));
            }
        }
        ask("a.example");
        wait(seconds);
        assertThat(ask("a.example")).isEqualTo(missing ? "3 name error" : "2 server failure");
        assertThat(servers.asked).hasSize(questions);
    }

    @Test
    void asksForANameWithoutTimeEachTimeButOnceForAllWhoWait() {
        servers.set("a.example", RecordType.A, 0, "10.1.1.1");
        ask("a.example");
        assertThat(next("a.example")).isEqualTo("ask");
        servers.asked.clear();
        servers.held = Promise.promise();
        Future<SocketAddress> one = names.ask("a.example", 80);
        Future<SocketAddress> two = names.ask("a.example", 80);
        servers.held.complete(
                new NameServers.Records(List.of(new Found("10.2.2.2", 0, -1, null)), Duration.ZERO, false));
        assertThat(one.result().host()).isEqualTo("10.2.2.2");
        assertThat(two.result().host()).isEqualTo("10.2.2.2");
        assertThat(servers.asked).containsExactly("A a.example");
    }

    @Test
    void takesAddressesInTurn() {
        servers.set("a.example", RecordType.A, 10, "10.1.1.1", "10.1.1.2");
        ask("a.example");
        assertThat(List.of(next("a.example"), next("a.example"), next("a.example")))
                .isIn(
                        List.of("10.1.1.1:80", "10.1.1.2:80", "10.1.1.1:80"),
                        List.of("10.1.1.2:80", "10.1.1.1:80", "10.1.1.2:80"));
    }

    @Test
    void followsServiceRecordsByWeight() {
        servers.services("s.example", 10, new Found("one.example", 81, 1, null), new Found("two.example", 82, 3, null));
        servers.set("one.example.", RecordType.A, 99, "10.1.1.1");
        servers.set("two.example.", RecordType.AAAA, 5, "fd00::2");
        assertThat(ask("s.example")).isIn("10.1.1.1:81", "fd00::2:82");
        Map<String, Integer> shares = new TreeMap<>();
        for (int i = 0; i < 4_000; i++) {
            shares.merge(next("s.example"), 1, Integer::sum);
        }
        assertThat(shares.get("10.1.1.1:81")).isBetween(800, 1_200);
        wait(6); // the shortest time counts
        next("s.example");
        assertThat(servers.asked).endsWith("SRV s.example", "A one.example.", "A two.example.", "AAAA two.example.");
    }

    @Test
    void asksInTheOrderOfTheSettings() {
        DnsOptions usual = DnsOptions.DEFAULT;
        names = names(new DnsOptions(
                List.of(),
                usual.hostsFile(),
                usual.resolverFile(),
                List.of(RecordType.CNAME, RecordType.AAAA, RecordType.A),
                Duration.ofSeconds(100),
                Duration.ZERO,
                usual.notFoundTtl(),
                usual.errorTtl(),
                10,
                false));
        servers.set("a.example", RecordType.A, 1, "10.1.1.1");
        ask("a.example");
        assertThat(servers.asked).containsExactly("AAAA a.example", "A a.example");
        wait(99); // the settings' time, not the answer's
        assertThat(next("a.example")).isEqualTo("10.1.1.1:80");
        wait(2);
        assertThat(next("a.example")).isEqualTo("ask"); // nothing old is used
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, false",
        "169.254.169.254, false",
        "0.0.0.0, false",
        "::1, false",
        "10.1.1.1, true",
        "192.168.1.1, true",
    })
    void isNotLedToThisMachine(String ip, boolean allowed) {
        servers.set("evil.example", ip.indexOf(':') < 0 ? RecordType.A : RecordType.AAAA, 10, ip);
        assertThat(ask("evil.example").equals(ip + ":80")).isEqualTo(allowed);
        names = names(DnsOptions.DEFAULT.withLocal(true));
        assertThat(ask("evil.example")).isEqualTo(ip + ":80");
    }

    @Test
    void remembersSoManyNamesAndNoMore() {
        DnsOptions usual = DnsOptions.DEFAULT;
        names = names(new DnsOptions(
                List.of(),
                usual.hostsFile(),
                usual.resolverFile(),
                List.of(RecordType.A),
                null,
                usual.staleTtl(),
                usual.notFoundTtl(),
                usual.errorTtl(),
                100,
                false));
        for (int i = 0; i < 1_000; i++) {
            servers.set("h" + i, RecordType.A, 10, "10.1.1.1");
            ask("h" + i);
        }
        int remembered = 0;
        for (int i = 0; i < 1_000; i++) {
            remembered += names.next("h" + i, 80) == null ? 0 : 1;
        }
        assertThat(remembered).isBetween(50, 100);
    }
}
