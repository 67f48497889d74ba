package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.simulator.SimulatorOptions;
import io.gatehouse.simulator.WireRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    private static byte[] bomb;
    private static Tap upstream;
    private static LlmSimulator llm;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        bomb = bomb();
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
        llm = RUNNING.add(LlmSimulator.startAndAwait(SimulatorOptions.builder().build()));
        gateway = RUNNING.add(PackagedGateway.named("hostile")
                .observed()
                .env("KONG_PROXY_LISTEN", "127.0.0.1:0 http2")
                .env("GATEHOUSE_CLIENT_HEADER_TIMEOUT", "2s")
                .env("GATEHOUSE_CLIENT_RATE_GRACE", "2s")
                .yaml("kong.yaml", """
                        services:
                          - name: public
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: public, paths: [/public]}]
                          - name: admin
                            url: http://127.0.0.1:%1$d/
                            retries: 0
                            routes: [{name: admin, paths: [/admin], strip_path: false}]
                            plugins: [{name: key-auth}]
                          - name: limited
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: limited, paths: [/limited]}]
                            plugins: [{name: rate-limiting, config: {minute: 1, policy: local}}]
                          - name: ended
                            url: http://127.0.0.1:%1$d/open
                            retries: 0
                            routes: [{name: ended, paths: [/ended]}]
                            plugins: [{name: request-termination, config: {status_code: 403}}]
                          - name: large
                            url: http://127.0.0.1:%3$d/
                            retries: 0
                            routes: [{name: large, paths: [/large]}]
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
                        consumers:
                          - username: known
                            keyauth_credentials: [{key: good}]
                        """.formatted(upstream.port(), llm.port(), large.port()))
                .start());
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
        "/none,404,true"
    })
    void aBodyThatComesAfterItsAnswerIsNoRequest(String path, int status, boolean counted) throws IOException {
        if (status == 429) {
            Wire.Answer unused =
                    Wire.call(gateway.proxyPort(), "GET /limited HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        }
        List<WireRequest> before = upstream.requests(true);
        assertThat(before).hasSizeLessThanOrEqualTo(1);
        String body = "GET /public/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            wire.send("POST " + path + " HTTP/1.1\r\nHost: a\r\n"
                    + (counted ? "Content-Length: " + body.length() : "Transfer-Encoding: chunked") + "\r\n\r\n");
            assertThat(wire.answer().status()).isEqualTo(status);
            wire.send(counted ? body : Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n");
            wire.send("GET /public/next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(wire.answer().status()).isEqualTo(200);
            assertThat(wire.rest()).isEmpty();
        }
        assertThat(upstream.requests(true)).extracting(WireRequest::target).containsExactly("/open/next");
    }

    // ---- bodies

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"m\",\"messages\":@nested}",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"x\":1e999999999999999999}",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"@bad\"}]}",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"model\":\"n\"}",
                "{\"model\":\"m\\r\\nX-A: 1\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
                "{\"model\":\"../../files?k=\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}}",
                "@nested",
                "{\"model\":@nested}",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"\\u0000\":NaN}"
            })
    void aModelIsAskedForWhatItWasGivenOrNothing(String json) throws IOException {
        long before = llm.ledger().seen();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(json.replace("@nested", "[".repeat(100_000)).getBytes(StandardCharsets.ISO_8859_1));
        byte[] bytes = json.contains("@bad")
                ? json.replace("@bad", "\u00c3(").getBytes(StandardCharsets.ISO_8859_1)
                : body.toByteArray();
        Wire.Answer answer;
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            wire.send(
                            "POST /llm HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
                                    + bytes.length + "\r\n\r\n")
                    .send(bytes);
            answer = wire.answer();
        }
        assertThat(answer.status()).as(answer.toString()).isBetween(200, 499);
        long asked = llm.ledger().seen() - before;
        assertThat(asked).isLessThanOrEqualTo(1);
        if (asked == 1) {
            LedgerRecord last = Objects.requireNonNull(llm.ledger().last());
            assertThat(last.path()).isEqualTo("/v1/chat/completions");
            assertThat(answer.header("x-kong-llm-model")).startsWith("openai/");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "gzip, gzip", "br", "zstd", "deflate"})
    void aCompressedBombIsNotDecoded(String coding) throws IOException {
        long resident = gateway.vitals().residentBytes();
        Wire.Answer answer;
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            wire.send("POST /llm HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n"
                            + "Content-Encoding: " + coding + "\r\nContent-Length: " + bomb.length + "\r\n\r\n")
                    .send(bomb);
            answer = wire.answer();
        }
        assertThat(answer.status()).as(answer.toString()).isBetween(400, 415);
        assertThat(gateway.vitals().residentBytes() - resident).isLessThan(MAY_GROW);
    }

    private static byte[] bomb() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 300; i++) {
                zip.write(zeros);
            }
        }
        return out.toByteArray();
    }

    // ---- logs

    @Test
    void noTextForgesALogLine() throws IOException {
        List<String> texts = List.of(
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
        int before = gateway.entryLines().size();
        int answered = 0;
        for (String text : texts) {
            for (String request : List.of(
                    "GET /public HTTP/1.1\r\nHost: a\r\nUser-Agent: " + text + "\r\nConnection: close\r\n\r\n",
                    "GET /public/" + text.replace(' ', '+') + "?q=" + text.replace(' ', '+')
                            + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                    "GET /admin HTTP/1.1\r\nHost: a\r\napikey: " + text + "\r\nConnection: close\r\n\r\n",
                    Wire.request(
                            "POST",
                            "/llm",
                            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":" + Json.text(text) + "}]}",
                            "Connection: close"))) {
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
        assertThat(gateway.log().lines()).noneMatch(line -> line.contains("\u001b[31mred"));
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
    @CsvSource({"-H,1000,/public,slow headers", "-B,1000,/public,slow bodies", "-X,100,/large,slow readers"})
    void slowClientsAreCutAndOthersServed(String mode, int usual, String path, String what) throws Exception {
        int clients = mode.equals("-X") && Effort.isLong() ? 500 : usual; // each fills 2.6 MB of the system's memory
        Path program = Peers.program("slowhttptest", "HostileRequestsIT");
        Path folder = Workplace.folderFor("slow" + mode);
        Process slow = new ProcessBuilder(
                        program.toString(),
                        mode,
                        "-c",
                        Integer.toString(clients),
                        "-r",
                        Integer.toString(clients),
                        "-i", // a piece of at most 32 bytes each second
                        "1",
                        "-l",
                        "10",
                        "-w",
                        "512",
                        "-y",
                        "1024",
                        "-p",
                        "3",
                        "-s",
                        "8192",
                        "-u",
                        "http://127.0.0.1:" + gateway.proxyPort() + path)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.log").toFile())
                .start();
        List<Long> times = new ArrayList<>();
        try {
            while (slow.isAlive()) {
                long from = System.nanoTime();
                Wire.Answer answer =
                        Wire.call(gateway.proxyPort(), Wire.request("GET", "/public", "", "Connection: close"));
                assertThat(answer.status()).isEqualTo(200);
                times.add(System.nanoTime() - from);
            }
            assertThat(slow.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            slow.destroyForcibly();
        }
        times.sort(null);
        System.out.printf(
                "%s: %d good requests meanwhile, the slowest of a hundred took %d ms%n",
                what,
                times.size(),
                Duration.ofNanos(times.get(times.size() * 99 / 100)).toMillis());
        String output = Workplace.read(folder.resolve("output.log"));
        // within the ten seconds of the program's run, and so of each client's first byte
        if (mode.equals("-X")) { // these do not look whether they are cut
            assertThat(gateway.entries().stream()
                            .filter(entry ->
                                    entry.at("/gatehouse/reason").asText().equals("send_timeout"))
                            .count())
                    .isEqualTo(clients);
        } else {
            assertThat(output.contains("No open connections left") || closed(output) >= clients)
                    .as(output)
                    .isTrue();
        }
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
