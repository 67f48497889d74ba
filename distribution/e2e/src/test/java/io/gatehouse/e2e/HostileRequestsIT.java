package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.simulator.SimulatorOptions;
import io.gatehouse.simulator.WireRequest;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Clients that attack: with paths that lead past a check, requests hidden in bodies, bombs, text that forges log lines,
 * heads and bodies that never end. What bytes are a request at all is for the gateway's own suite.
 */
final class HostileRequestsIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final long MAY_GROW = 64L << 20;

    /** More than the system takes for a client that reads nothing. */
    private static final int LARGE = 8 << 20;

    private static final List<String> CODINGS = List.of("gzip", "deflate", "br", "zstd", "gzip, gzip");

    /** What could end a line of a log, or what stands in it, where it is not escaped. */
    private static final List<String> FORGING = List.of(
            "\u001b[31mred",
            "a\u000bb",
            "\u2028",
            "%0d%0a{\"status\":200}",
            "\"},{\"status\":200",
            "\\\"},\\n",
            "\u0085",
            "\ufeff",
            "${jndi:ldap://127.0.0.1/}",
            "{{7*7}}",
            "\\u0000",
            "'",
            "\u202e",
            "\ud83d\ude00");

    private static final String[] INTO_ADMIN = {
        "//admin",
        "/./admin",
        "/public/../admin",
        "/public../admin",
        "/public/%2e%2e/admin",
        "/public/..%2fadmin",
        "/public/..%2Fadmin",
        "/public/..;/admin",
        "/public/..;x=1/admin",
        "\\..\\admin",
        "/public\\..\\admin",
        "/public/..\\admin",
        "/public/..%5cadmin",
        "/%61dmin",
        "/public/%252e%252e/admin",
        "/public/%252e%252e%252fadmin",
        "/admin%00",
        "/public/..%00/admin",
        "/admin%2f",
        "/admin/",
        "/admin;a=b",
        "/admin/.",
        "/public/%zz",
        "/public/..",
        "/public/../",
        "/public/x/../../admin",
        "/public/./../admin",
        "/public//../admin",
        "/public/.%2e/admin",
        "/public%2f..%2fadmin",
        "/public/%2e%2e%2fadmin",
        "/public/%c0%ae%c0%ae/admin",
        "/PUBLIC/../admin",
        "/public/../ADMIN/../admin",
        "http://a/admin",
        "http://a/public/../admin",
        "/public/..#/admin",
        "/public/..?/../admin",
        "/public?/../admin",
        "/public/%2e%2e%5cadmin",
        "/admin?x",
        "/admin#",
        "/public..;/admin",
        "/public.%2e/admin",
        "/public/....//admin",
        "/public/.../admin",
        "/public%2e%2e/admin",
        "../admin",
        "..%2fadmin",
        "..;/admin",
        "admin"
    };

    private static Tap upstream;
    private static FaultServer bombs;
    private static LlmSimulator llm;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        FaultServer origin =
                RUNNING.add(FaultServer.builder().capture(0).start(ServerScript.answering("{\"ok\":true}")));
        upstream = RUNNING.add(Tap.before(origin.port()));
        FaultServer large = RUNNING.add(FaultServer.builder()
                .capture(0)
                .start(ServerScript.builder()
                        .readRequest()
                        .head(200, "Content-Length: " + LARGE)
                        .send(new byte[LARGE])
                        .repeat()
                        .build()));
        bombs = RUNNING.add(FaultServer.builder().capture(0).start(ServerScript.resetting()));
        llm = RUNNING.add(LlmSimulator.startAndAwait(SimulatorOptions.builder().build()));
        gateway = RUNNING.add(PackagedGateway.named("hostile")
                .observed()
                .timed()
                .env("KONG_PROXY_LISTEN", "127.0.0.1:0 http2")
                .env("GATEHOUSE_WATCH", "off")
                .env("GATEHOUSE_CLIENT_HEADER_TIMEOUT", Effort.isLong() ? "10s" : "5s") // the default is 10 s
                .yaml(
                        "kong.yaml",
                        """
                        services:
                          - name: public
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: public, paths: [/public]}]
                          - name: posted
                            url: http://127.0.0.1:%2$d/v1/chat/completions
                            retries: 0
                            routes: [{name: posted, paths: [/posted]}]
                          - name: admin
                            url: http://127.0.0.1:%1$d/
                            retries: 0
                            routes: [{name: admin, paths: [/admin], strip_path: false}]
                            plugins: [{name: key-auth}]
                          - name: limited
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: limited, paths: [/limited]}]
                            plugins: [{name: rate-limiting, config: {year: 1, policy: local}}]
                          - name: ended
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: ended, paths: [/ended]}]
                            plugins: [{name: request-termination, config: {status_code: 403}}]
                          - name: cached
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: cached, paths: [/cached]}]
                            plugins:
                              - name: proxy-cache
                                config: {strategy: memory, request_method: [POST], content_type: [application/json]}
                          - name: changed
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: changed, paths: [/changed]}]
                            plugins: [{name: request-transformer, config: {add: {body: ["a:b"]}}}]
                          - name: checked
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: checked, paths: [/checked]}]
                            plugins: [{name: request-validator, config: {version: draft4, body_schema: '{"type": "object"}'}}]
                          - name: large
                            url: http://127.0.0.1:%3$d/
                            retries: 0
                            routes: [{name: large, paths: [/large]}]
                          - name: bombs
                            url: http://127.0.0.1:%4$d/
                            retries: 0
                            routes:
                              - name: changed-bomb
                                paths: [/bomb/changed]
                                plugins: [{name: response-transformer, config: {add: {json: ["a:b"]}}}]
                              - name: llm-bomb
                                paths: [/bomb/llm]
                                plugins:
                                  - name: ai-proxy
                                    config:
                                      route_type: llm/v1/chat
                                      model: {provider: openai, options: {upstream_url: "http://127.0.0.1:%4$d/v1/chat/completions"}}
                                      auth: {header_name: Authorization, header_value: Bearer key}
                          - name: llm
                            url: https://api.openai.com
                            retries: 0
                            routes: [{name: llm, paths: [/llm]}]
                            plugins:
                              - name: ai-proxy
                                config:
                                  route_type: llm/v1/chat
                                  model: {provider: openai, options: {upstream_url: "http://127.0.0.1:%2$d/v1/chat/completions"}}
                                  auth: {header_name: Authorization, header_value: Bearer key}
                                  logging: {log_payloads: true, log_statistics: true}
                        consumers:
                          - username: known
                            keyauth_credentials: [{key: good}]
                        """.formatted(upstream.port(), llm.port(), large.port(), bombs.port()) + oddlyNamed())
                .start());
    }

    /** A consumer for each of the texts, with its place among them as its key. */
    private static String oddlyNamed() {
        StringBuilder consumers = new StringBuilder();
        for (int i = 0; i < FORGING.size(); i++) {
            StringBuilder name = new StringBuilder("odd ");
            FORGING.get(i).chars().forEach(c -> name.append("\\u%04x".formatted(c)));
            consumers.append("  - {username: \"%s\", keyauth_credentials: [{key: odd-%d}]}\n".formatted(name, i));
        }
        return consumers.toString();
    }

    @BeforeEach
    void forget() {
        List<Tap.Talk> unused = upstream.talks(true);
    }

    // ---- paths

    static List<String> intoAdmin() {
        return List.of(INTO_ADMIN);
    }

    @ParameterizedTest
    @MethodSource("intoAdmin")
    void noPathLeadsPastACheck(String target) throws IOException {
        Wire.Answer answer =
                Wire.call(gateway.proxyPort(), "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(answer.status()).isIn(200, 400, 401, 404);
        nobodyWasLedToAdmin(answer.status());
    }

    @ParameterizedTest
    @MethodSource("intoAdmin")
    void noPathLeadsPastACheckOverHttp2(String target) throws Exception {
        Workplace.Ran curl = Workplace.run(
                gateway.folder(),
                Workplace.cleanEnvironment(),
                Workplace.SOON,
                Peers.program("curl", "HostileRequestsIT").toString(),
                "-sS",
                "--http2-prior-knowledge",
                "--request-target",
                target,
                "-o",
                "/dev/null",
                "-w",
                "%{http_version} %{http_code}",
                gateway.proxy("/").toString());
        // 0 is a stream that was reset, as one without a path is
        assertThat(curl.out()).matches("(?s).*(2 (200|400|401|404)|0 000)");
        nobodyWasLedToAdmin(curl.out().endsWith("200") ? 200 : 0);
    }

    private static void nobodyWasLedToAdmin(int status) {
        List<WireRequest> seen = upstream.requests(true);
        assertThat(seen).hasSize(status == 200 ? 1 : 0);
        for (WireRequest request : seen) {
            assertThat(asOthersReadIt(request.target())).startsWith("/open").doesNotMatch(".*/\\.\\.(/.*)?");
        }
    }

    /** The path when everything is decoded, backslashes are slashes, parameters are cut off and dots are resolved. */
    private static String asOthersReadIt(String target) {
        String path = target.replaceAll("\\?.*", "");
        for (String before = ""; !before.equals(path); ) {
            before = path;
            path = path.replaceAll("(?i)%25", "%")
                    .replaceAll("(?i)%2e", ".")
                    .replaceAll("(?i)%2f", "/")
                    .replaceAll("(?i)%5c", "/")
                    .replaceAll("(?i)%3b", ";")
                    .replace('\\', '/')
                    .replaceAll(";[^/]*", "");
        }
        return java.net
                .URI
                .create("http://a" + path.replace('%', '_'))
                .normalize()
                .getPath();
    }

    @Test
    void aKeyOpensThePathThatIsProtected() throws IOException {
        Wire.Answer answer = Wire.call(
                gateway.proxyPort(),
                "GET /public/../admin HTTP/1.1\r\nHost: a\r\napikey: good\r\nConnection: close\r\n\r\n");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(upstream.requests(true)).extracting(WireRequest::target).containsExactly("/admin");
    }

    // ---- requests in bodies that nobody wanted

    @ParameterizedTest
    @CsvSource({
        "/admin,401,true",
        "/admin,401,false",
        "/limited,429,true",
        "/ended,403,true",
        "/ended,403,false",
        "/cached,200,true",
        "/cached,200,false",
        "/none,404,true"
    })
    void aBodyThatComesAfterItsAnswerIsNoRequest(String path, int status, boolean counted) throws IOException {
        if (status == 429 || status == 200) { // the first is answered by the upstream
            Wire.Answer unused = Wire.call(
                    gateway.proxyPort(), "POST " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        }
        List<WireRequest> before = upstream.requests(true);
        assertThat(before).hasSizeLessThanOrEqualTo(1);
        String body = "GET /public/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            wire.send("POST " + path + " HTTP/1.1\r\nHost: a\r\n"
                    + (counted ? "Content-Length: " + body.length() : "Transfer-Encoding: chunked") + "\r\n\r\n");
            assertThat(wire.answer().status()).isEqualTo(status);
            assertThat(wire.isQuietFor(Duration.ofMillis(200))).isTrue();
            wire.send(counted ? body : Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n");
            wire.send("GET /public/next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(wire.answer().status()).isEqualTo(200);
            assertThat(wire.rest()).isEmpty();
        }
        assertThat(upstream.requests(true)).extracting(WireRequest::target).containsExactly("/open/next");
    }

    @Test
    void aRequestBehindAnUpgradeThatWasNotTakenPassesTheCheck() throws IOException {
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            wire.send("GET /public HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
            wire.send("GET /admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(wire.answer().status()).isEqualTo(200);
            assertThat(wire.answer().status()).isEqualTo(401);
            assertThat(wire.rest()).isEmpty();
        }
        assertThat(upstream.requests(true)).extracting(WireRequest::target).containsExactly("/open");
    }

    // ---- bodies

    static Stream<Arguments> json() {
        String prompt = "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";
        String nested = "[".repeat(100_000);
        return Stream.of(
                Arguments.of("depth", "{\"model\":\"m\",\"messages\":" + nested + "}", null),
                Arguments.of("nothing but depth", nested, null),
                Arguments.of("a model of depth", "{\"model\":" + nested + "}", null),
                Arguments.of(
                        "bad UTF-8",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\u00c3(\"}]}",
                        null),
                Arguments.of("something behind it", "{\"model\":\"m\"," + prompt + "}}", null),
                Arguments.of("a number that is none", "{\"model\":\"m\"," + prompt + ",\"\\u0000\":NaN}", null),
                Arguments.of(
                        "a text of 10 MB",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "a".repeat(10_000_000)
                                + "\"}]}",
                        null),
                // JSON all the same, but not the same to all who read it
                Arguments.of("a huge number", "{\"model\":\"m\"," + prompt + ",\"x\":1e999999999}", null),
                Arguments.of(
                        "half of a pair",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}",
                        null),
                Arguments.of(
                        "half of a pair in UTF-8",
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\u00ed\u00a0\u0080\"}]}",
                        null),
                Arguments.of("two models", "{\"model\":\"m\"," + prompt + ",\"model\":\"n\"}", null),
                Arguments.of("two models, one escaped", "{\"model\":\"m\"," + prompt + ",\"mod\\u0065l\":\"n\"}", null),
                Arguments.of("two models to some", "{\"model\":\"m\"," + prompt + ",\"Model\":\"n\"}", null),
                Arguments.of("two lists of prompts", "{\"model\":\"m\"," + prompt + ',' + prompt + "}", null),
                Arguments.of("a model of two lines", "{\"model\":\"m\\r\\nX-A: 1\"," + prompt + "}", "m\r\nX-A: 1"),
                Arguments.of(
                        "a model that is a path", "{\"model\":\"../../files?k=\"," + prompt + "}", "../../files?k="));
    }

    /** @param model that is asked; null where the request is refused */
    @ParameterizedTest(name = "{0}")
    @MethodSource("json")
    void aModelIsAskedForWhatItWasGivenOrNothing(String what, String json, @Nullable String model) throws IOException {
        long before = llm.ledger().seen();
        Wire.Answer answer = posted("/llm", json);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(model == null ? 400 : 200);
        assertThat(llm.ledger().seen() - before).isEqualTo(model == null ? 0 : 1);
        if (model != null) {
            LedgerRecord last = Objects.requireNonNull(llm.ledger().last());
            assertThat(last.path()).isEqualTo("/v1/chat/completions");
            assertThat(last.model()).isEqualTo(model);
            assertThat(URLDecoder.decode(answer.header("x-kong-llm-model"), StandardCharsets.UTF_8))
                    .isEqualTo("openai/" + model);
            assertThat(Json.read(new String(last.body(), StandardCharsets.UTF_8))
                            .at("/model")
                            .asText())
                    .isEqualTo(model);
        }
    }

    /** The same bodies where a schema lets every object pass. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("json")
    void aBodyIsCheckedAsItIsForEverybodyOrRefused(String what, String json, @Nullable String model)
            throws IOException {
        // names in two cases are two names but to upstreams of models
        boolean good = model != null || what.equals("two models to some");
        int status = what.equals("a text of 10 MB") ? 413 : good ? 200 : 400;
        Wire.Answer answer = posted("/checked", json);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(upstream.requests(true)).hasSize(status == 200 ? 1 : 0);
    }

    private static Wire.Answer posted(String path, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.ISO_8859_1);
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            wire.send("POST " + path
                            + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
                            + bytes.length + "\r\n\r\n")
                    .send(bytes);
            return wire.answer();
        }
    }

    static Stream<Arguments> bombsAndWhoReadsThem() {
        Stream.Builder<Arguments> all = Stream.builder();
        for (String coding : CODINGS) {
            boolean known = coding.equals("gzip") || coding.equals("deflate");
            all.add(Arguments.of("/llm", coding, 415)); // takes no compressed body
            all.add(Arguments.of("/changed", coding, known ? 413 : 415));
            all.add(Arguments.of("/checked", coding, known ? 413 : 415));
            all.add(Arguments.of("/public", coding, 200)); // nobody reads it
        }
        return all.build();
    }

    /** Where it goes on to the upstream, it does so byte for byte. */
    @ParameterizedTest
    @MethodSource("bombsAndWhoReadsThem")
    @SuppressWarnings("try") // memory is looked at when it closes
    void aCompressedBombIsNotDecoded(String path, String coding, int status) throws IOException {
        byte[] bomb = Bombs.of(coding);
        Wire.Answer answer;
        try (Memory memory = new Memory(coding + " to " + path);
                Wire wire = Wire.to(gateway.proxyPort())) {
            wire.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
                            + "Content-Encoding: " + coding + "\r\nContent-Length: " + bomb.length + "\r\n\r\n")
                    .send(bomb);
            answer = wire.answer();
        }
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        List<WireRequest> seen = upstream.requests(true);
        assertThat(seen).hasSize(status == 200 ? 1 : 0);
        for (WireRequest request : seen) {
            assertThat(request.body().getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(bomb);
        }
    }

    static Stream<Arguments> bombsOfUpstreams() {
        Stream.Builder<Arguments> all = Stream.builder();
        for (String coding : CODINGS) {
            all.add(Arguments.of("changed", "application/json", coding, 502));
            all.add(Arguments.of("changed", "text/plain", coding, 200)); // nobody reads it
            all.add(Arguments.of("llm", "application/json", coding, 502));
            all.add(Arguments.of("llm", "text/event-stream", coding, 502));
        }
        return all.build();
    }

    /** What is not decoded is passed on byte for byte. */
    @ParameterizedTest
    @MethodSource("bombsOfUpstreams")
    @SuppressWarnings("try") // memory is looked at when it closes
    void aCompressedBombOfAnUpstreamIsNotDecoded(String route, String type, String coding, int status)
            throws IOException {
        byte[] bomb = Bombs.of(coding);
        bombs.script(ServerScript.builder()
                .readRequest()
                .head(
                        200,
                        "Content-Type: " + type,
                        "Content-Encoding: " + coding,
                        "Content-Length: " + bomb.length,
                        "Connection: close")
                .send(bomb)
                .build());
        Wire.Answer answer;
        try (Memory memory = new Memory(coding + " from the upstream of " + route + " as " + type)) {
            answer = Wire.call(
                    gateway.proxyPort(),
                    Wire.request("POST", "/bomb/" + route, Fault.STREAM.formatted("m"), "Connection: close"));
        }
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        if (status == 200) {
            assertThat(answer.bytes()).isEqualTo(bomb);
        }
    }

    /** Looks at what a bomb costs: memory, and time. */
    private static final class Memory implements AutoCloseable {
        private final String what;
        private final long resident = gateway.vitals().residentBytes();
        private final long peak = gateway.vitals().peakBytes();
        private final long begin = System.nanoTime();

        Memory(String what) {
            this.what = what;
        }

        @Override
        public void close() {
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            long grown = Math.max(
                    gateway.vitals().residentBytes() - resident,
                    gateway.vitals().peakBytes() - peak);
            System.out.printf("%s: %d ms, %d KB more resident%n", what, took.toMillis(), grown / 1024);
            assertThat(grown).as(what).isLessThan(MAY_GROW);
            if (Effort.isLong()) {
                assertThat(took).as(what).isLessThan(Duration.ofSeconds(1));
            }
        }
    }

    // ---- logs

    @Test
    void noTextForgesALogLine() throws IOException {
        int before = gateway.entryLines().size();
        int answered = 0;
        for (String text : FORGING) {
            for (String request : List.of(
                    "GET /public HTTP/1.1\r\nHost: a\r\nUser-Agent: " + text + "\r\nConnection: close\r\n\r\n",
                    "GET /public/" + text.replace(' ', '+') + "?q=" + text.replace(' ', '+')
                            + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                    "GET /admin HTTP/1.1\r\nHost: a\r\napikey: " + text + "\r\nConnection: close\r\n\r\n",
                    "GET /admin HTTP/1.1\r\nHost: a\r\napikey: odd-" + FORGING.indexOf(text)
                            + "\r\nConnection: close\r\n\r\n",
                    Wire.request("POST", "/llm", chat(text), "Connection: close"))) {
                Wire.Answer answer = Wire.call(gateway.proxyPort(), request);
                assertThat(answer.status()).isBetween(200, 499);
                // not one of the decoder's own refusals, which are only counted
                answered += answer.headers().containsKey("x-kong-request-id")
                                && !answer.header("content-type").startsWith("text/plain")
                        ? 1
                        : 0;
            }
        }
        int expected = before + answered;
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.entryLines().size() >= expected,
                () -> gateway.entryLines().size() + " lines (expected: " + expected + ")");
        List<JsonNode> entries = gateway.entries(); // each line by itself is JSON
        assertThat(entries).hasSize(expected).allMatch(JsonNode::isObject);
        List<JsonNode> own = entries.subList(before, expected);
        assertThat(own)
                .extracting(entry -> entry.at("/consumer/username").asText())
                .containsAll(FORGING.stream().map(text -> "odd " + text).toList());
        assertThat(own)
                .filteredOn(entry -> entry.at("/ai/proxy/payload/request").isTextual())
                .extracting(
                        entry -> Json.read(entry.at("/ai/proxy/payload/request").asText())
                                .at("/messages/0/content")
                                .asText())
                .containsAll(FORGING);
        assertThat(gateway.log().lines()).noneMatch(line -> line.contains("\u001b[31mred"));
    }

    private static String chat(String text) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":" + Json.text(text) + "}]}";
    }

    @Test
    void aRequestThatLacksNearlyEverythingIsLoggedToo() throws IOException {
        int before = gateway.entryLines().size();
        for (String request :
                List.of("GET /none HTTP/1.0\r\n\r\n", "GET /public HTTP/1.0\r\n\r\n", "X / HTTP/1.0\r\n\r\n")) {
            assertThat(Wire.call(gateway.proxyPort(), request).status()).isIn(200, 404);
        }
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.entryLines().size() == before + 3,
                () -> gateway.entryLines().size() - before + " lines (expected: 3)");
        assertThat(gateway.entries().subList(before, before + 3))
                .allMatch(entry -> entry.at("/request/method").isTextual())
                .extracting(entry -> entry.at("/response/status").asInt())
                .containsExactlyInAnyOrder(404, 200, 404);
    }

    // ---- files

    static Stream<Arguments> hostileFiles() {
        StringBuilder aliases = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++) {
            aliases.append("a%d: &a%d [%s]\n"
                    .formatted(i, i, String.join(", ", Collections.nCopies(9, "*a" + (i - 1)))));
        }
        return Stream.of(
                Arguments.of("a tag", "services: !!javax.script.ScriptEngineManager [x]\n", 2, "is not supported"),
                Arguments.of("aliases", aliases.toString(), 7, "aliases add too many values"),
                Arguments.of("50 MB", "services: " + "[".repeat(50_000_000), 1, "the file is too large"),
                Arguments.of("depth", "services: " + "[".repeat(30_000_000), 2, "nested too deeply"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostileFiles")
    void aHostileFileIsRefusedAndTheOldOneStaysLive(String what, String text, int line, String problem)
            throws Exception {
        Path file = gateway.folder().resolve("kong.yaml");
        String good = Workplace.read(file);
        int from = gateway.log().length();
        try {
            Workplace.write(file, PackagedGateway.VERSION + text);
            long begin = System.nanoTime();
            gateway.hangUp();
            String said = gateway.awaitLog(from, problem);
            String unused = gateway.awaitLog(from, "the old one stays live");
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            System.out.printf("a file with %s: refused within %d ms%n", what, took.toMillis());
            assertThat(said).contains(file + ":" + line + ":");
            if (Effort.isLong()) {
                assertThat(took).isLessThan(Duration.ofSeconds(2));
            }
        } finally {
            Workplace.write(file, good);
        }
        assertThat(Wire.call(gateway.proxyPort(), Wire.request("GET", "/public", "", "Connection: close"))
                        .status())
                .isEqualTo(200);
    }

    // ---- time

    @Test
    void manyWhoBreakOffHalfClosedLeaveNothingBehind() throws IOException {
        int clients = Effort.times(1000);
        for (int i = 0; i < clients; i++) {
            try (Wire wire = Wire.to(gateway.proxyPort())) {
                if (i % 3 == 0) {
                    wire.send("GET /public HTTP/1.1\r\nHost: a\r\n");
                } else if (i % 3 == 1) {
                    wire.send("POST /public HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
                }
                wire.halfClose().reset();
            }
        }
        assertThat(Wire.call(gateway.proxyPort(), Wire.request("GET", "/public", "", "Connection: close"))
                        .status())
                .isEqualTo(200);
        // what is left of connections, descriptors and threads is looked at after each test
        Vitals vitals = gateway.vitals();
        long[] since = {System.nanoTime(), vitals.cpu().toMillis()};
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> {
                    long millis = (System.nanoTime() - since[0]) / 1_000_000;
                    if (millis < 1000) {
                        return false;
                    }
                    long used = vitals.cpu().toMillis() - since[1];
                    since[0] = System.nanoTime();
                    since[1] += used;
                    return used * 20 < millis; // compilers and collectors may go on for a while
                },
                () -> "the processor is not idle");
    }

    @ParameterizedTest
    @CsvSource({
        "-H,1000,15,/public,slow headers",
        "-B,1000,15,/posted,slow bodies", // read by one thread: a thousand of them would be what is measured
        "-X,100,30,/large,slow readers" // each fills up to 7 MB of what memory the system has for sockets
    })
    void slowClientsAreCutAndOthersServed(String mode, int clients, int seconds, String path, String what)
            throws Exception {
        Path program = Peers.program("slowhttptest", "HostileRequestsIT");
        Path folder = Workplace.folderFor("slow" + mode);
        String[] command = {
            program.toString(),
            mode,
            "-c",
            Integer.toString(clients),
            "-r",
            Integer.toString(clients),
            "-i", // a piece of at most 32 bytes each second
            "1",
            "-l",
            Integer.toString(seconds),
            "-w",
            "512",
            "-y",
            "1024",
            "-p",
            "3",
            "-s",
            "8192",
            "-u",
            "http://127.0.0.1:" + gateway.proxyPort() + path
        };
        Load load = new Load(gateway, 4, Wire.request("GET", "/public", "", "Connection: close"));
        try {
            if (Effort.isLong()) {
                slowly(command, folder); // what is judged is not how fast new code gets compiled
            }
            Load.Usual usual = load.usual();
            String output = slowly(command, folder);
            load.assertAtMostDoubled(what, usual);
            load.endUnharmed();
            // within the seconds of the program's run, and so of each client's first byte
            if (!mode.equals("-X")) {
                assertThat(output.contains("No open connections left") || closed(output) >= clients)
                        .as(output)
                        .isTrue();
            }
        } finally {
            load.end();
        }
        if (mode.equals("-X")) { // these do not look whether they are cut
            int all = Effort.isLong() ? 2 * clients : clients;
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> cutForSlowReading() == all,
                    () -> cutForSlowReading() + " clients were cut (expected: " + all + ")");
        }
    }

    /** Runs slowhttptest to its end, and gives what it printed. */
    private static String slowly(String[] command, Path folder) throws Exception {
        return Workplace.run(folder, Workplace.cleanEnvironment(), Duration.ofMinutes(2), command)
                .out();
    }

    private static long cutForSlowReading() {
        return gateway.entries().stream()
                .filter(entry -> entry.at("/gatehouse/reason").asText().equals("send_timeout"))
                .count();
    }

    /** How many connections the gateway had ended when the program ended. */
    private static int closed(String output) {
        Matcher closed =
                Pattern.compile("closed: *(?:\u001b\\[[0-9;]*m)* *(\\d+)").matcher(output);
        int last = -1;
        while (closed.find()) {
            last = Integer.parseInt(closed.group(1));
        }
        return last;
    }
}
