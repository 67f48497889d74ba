package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What each everyday plugin says to clients and upstreams: the conversations in {@code everyday.yaml}. */
final class EverydayPluginsIT {
    private static final Set<String> WORDS =
            Set.of("send", "with", "body", "status", "has", "without", "text", "seen", "uri", "method", "logged");

    private static final String CONSUMERS = """
            consumer_groups:
              - name: gold
            consumers:
              - username: guest
              - username: visitor
                acls: [{group: everyone}]
              - username: carol
                acls: [{group: ops}, {group: admins}]
                groups: [{name: gold}]
                keyauth_credentials: [{key: carol-key}, {key: carol-other-key}]
              - username: dave
                keyauth_credentials: [{key: dave-key}]
                plugins:
                  - {name: request-termination, config: {status_code: 410}}
              - username: alice
                custom_id: alice-1
                acls: [{group: staff}]
                keyauth_credentials: [{key: alice-key}]
                basicauth_credentials:
                  - {username: alice, password: secret}
                  - {username: alice-2, password: "pass:word"}
                jwt_secrets:
                  - {key: alice-issuer, secret: alice-secret}
                  - {key: alice-HS384, secret: alice-secret, algorithm: HS384}
                  - {key: alice-HS512, secret: alice-secret, algorithm: HS512}
                  - {key: alice-base64, secret: YWxpY2Utc2VjcmV0}
                  - {key: alice-RS256, algorithm: RS256, rsa_public_key: "@RS256"}
                  - {key: alice-EdDSA, algorithm: EdDSA, rsa_public_key: "@EdDSA"}
                  - key: alice-curve
                    algorithm: ES512
                    rsa_public_key: |
                      -----BEGIN PUBLIC KEY-----
                      MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA/qdNYH6hwzuAJjVOvyeH23ANjCwg
                      1xrhCXKLnOc2I6jaikBzWTmrqFw9xm17vJ+lPp+ATWT2jyB91zteVsNRpeMARODP
                      2KjGnHCN3qPb87s7gL1spA1DEDmE96csDPtD6RETUiDN9uRc0EC9Gv0h5F/m9sKu
                      kpz9cycCZw82lOp/CUY=
                      -----END PUBLIC KEY-----
                hmacauth_credentials: [{username: alice, secret: alice-secret}]
              - username: bob
                keyauth_credentials: [{key: bob-key}]
            """;

    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    /** What the upstream was asked. */
    private record Seen(String method, String uri, Map<String, String> headers, String body) {}

    private static final ConcurrentLinkedQueue<Seen> SEEN = new ConcurrentLinkedQueue<>();

    /** A permit for each upstream request whose client has left. */
    private static final Semaphore LEFT = new Semaphore(0);

    private static final AtomicInteger UNIQUE = new AtomicInteger();

    private static final Pattern SENT = Pattern.compile("\\{.*\\}");

    private static Map<String, Map<String, Object>> groups;
    private static LineSink tcp;
    private static LineSink udp;
    private static PackagedGateway gateway;
    private static int redis;
    private static int refusing;
    private static ZonedDateTime now;

    @BeforeAll
    static void start() throws IOException {
        now = ZonedDateTime.now(ZoneOffset.UTC);
        HttpServer upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ExecutorService threads = Executors.newCachedThreadPool();
        upstream.createContext("/", EverydayPluginsIT::answer);
        upstream.setExecutor(threads);
        upstream.start();
        RUNNING.add(() -> {
            upstream.stop(0);
            threads.shutdownNow();
        });
        tcp = RUNNING.add(LineSink.tcp());
        udp = RUNNING.add(LineSink.udp());
        FaultServer nobody = RUNNING.add(FaultServer.start(ServerScript.resetting()));
        nobody.refuse(); // and keeps the port, so that nobody else comes to it
        refusing = nobody.port();
        redis = Peers.has("redis-server")
                ? RUNNING.add(RedisServer.start("EverydayPluginsIT")).port()
                : refusing;
        groups = read();
        List<Object> routes = new ArrayList<>();
        groups.forEach((name, group) -> routes.add(Map.of(
                "name",
                name,
                "paths",
                List.of(group.getOrDefault("path", "/" + name)),
                "strip_path",
                true,
                "plugins",
                group.get("plugins"))));
        List<Object> services = List.of(Map.of(
                "name",
                "upstream",
                "url",
                "http://127.0.0.1:" + upstream.getAddress().getPort(),
                "routes",
                routes));
        String yaml = new Dump(DumpSettings.builder().build()).dumpToString(Map.of("services", services));
        gateway = RUNNING.add(PackagedGateway.named("everyday")
                .observed()
                .outlets(1)
                .env("GATEHOUSE_TRUSTED_IPS", "127.0.0.0/8")
                .env("GATEHOUSE_REAL_IP_HEADER", "X-Test-Address")
                .yaml(
                        "kong.yaml",
                        yaml + CONSUMERS.replace("@RS256", pem(RS256)).replace("@EdDSA", pem(EDDSA)))
                .start());
    }

    @SuppressWarnings("unchecked") // the file is this test's own
    private static Map<String, Map<String, Object>> read() throws IOException {
        try (InputStream file = EverydayPluginsIT.class.getResourceAsStream("everyday.yaml")) {
            String text = new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("@tcp", Integer.toString(tcp.port()))
                    .replace("@udp", Integer.toString(udp.port()))
                    .replace("@redis", Integer.toString(redis))
                    .replace("@nobody", Integer.toString(refusing));
            return (Map<String, Map<String, Object>>)
                    new Load(LoadSettings.builder().build()).loadFromString(text);
        }
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, String.join(", ", values)));
        SEEN.add(new Seen(exchange.getRequestMethod(), exchange.getRequestURI().toString(), headers, body));
        String[] told = headers.getOrDefault("Answer", "200").split("; *(?=[A-Z])", -1);
        switch (told[0]) {
            case "dies" -> {
                exchange.close();
                return;
            }
            case "dies in the body" -> {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, 1000);
                exchange.getResponseBody().write("{\"from\":".getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
                exchange.close();
                return;
            }
            case "waits" -> LEFT.acquireUninterruptibly();
            case "waits in the body" -> {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, 1000);
                exchange.getResponseBody().write("{\"from\":".getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
                LEFT.acquireUninterruptibly();
                exchange.close();
                return;
            }
            default -> {}
        }
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        for (int i = 1; i < told.length; i++) {
            String[] header = told[i].split(": *", 2);
            exchange.getResponseHeaders().set(header[0], header[1]);
        }
        byte[] answer = "{\"from\":\"upstream\"}".getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(told[0].equals("waits") ? 200 : Integer.parseInt(told[0]), answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    @TestFactory
    Stream<DynamicTest> saysWhatKongSays() {
        return groups.entrySet().stream()
                .map(group ->
                        DynamicTest.dynamicTest(group.getKey(), () -> converse(group.getKey(), group.getValue())));
    }

    /** With the request of a group that passes: its upstream dies before and in its answer, its client leaves. */
    @TestFactory
    Stream<DynamicTest> survivesItsUpstreamAndItsClient() {
        return suffering().entrySet().stream()
                .map(group -> DynamicTest.dynamicTest(group.getKey(), () -> suffer(group.getKey(), group.getValue())));
    }

    /** Of many that ask at once one goes to the upstream; the others get its answer. */
    @ParameterizedTest
    @ValueSource(strings = {"proxy-cache", "proxy-cache-redis"})
    void asksOnceWhenManyAskAtOnce(String name) throws Exception {
        lookForWhatItNeeds(name, Objects.requireNonNull(groups.get(name)));
        SEEN.clear();
        String request = request("GET", "/" + name + "/many", "", Map.of("Answer", "waits"));
        List<Wire> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 30; i++) {
                Wire client = Wire.to(gateway.proxyPort());
                clients.add(client);
                client.send(request);
            }
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> gateway.metrics().sum("gatehouse_exchanges_in_flight") == 30 && !SEEN.isEmpty(),
                    () -> name + ": not all have come");
            LEFT.release();
            int hits = 0;
            for (Wire client : clients) {
                Wire.Answer answer = client.answer();
                assertThat(answer.status()).as(name + ": " + answer).isEqualTo(200);
                assertThat(answer.text()).isEqualTo("{\"from\":\"upstream\"}");
                hits += answer.headers().toString().contains("Hit") ? 1 : 0;
            }
            assertThat(hits).as(name).isEqualTo(29);
            assertThat(SEEN).as(name).hasSize(1);
        } finally {
            for (Wire client : clients) {
                client.close();
            }
        }
    }

    /** All but syslog: its daemon has a test of its own, since there is but one place where it may listen. */
    @Test
    void everyPluginSuffers() {
        Set<String> names = new TreeSet<>();
        suffering().values().forEach(group -> names.addAll(plugins(group)));

        assertThat(names)
                .contains(
                        "acl",
                        "basic-auth",
                        "bot-detection",
                        "correlation-id",
                        "cors",
                        "hmac-auth",
                        "ip-restriction",
                        "jwt",
                        "key-auth",
                        "proxy-cache",
                        "rate-limiting",
                        "request-size-limiting",
                        "request-termination",
                        "request-transformer",
                        "request-validator",
                        "response-transformer",
                        "tcp-log",
                        "udp-log");
    }

    /** The first group of each set of plugins, and those that ask for it. */
    private static Map<String, Map<String, Object>> suffering() {
        Set<Set<String>> seen = new HashSet<>();
        Map<String, Map<String, Object>> chosen = new LinkedHashMap<>();
        groups.forEach((name, group) -> {
            if (passing(group) != null && (seen.add(plugins(group)) || group.containsKey("faults"))) {
                chosen.put(name, group);
            }
        });
        return chosen;
    }

    @SuppressWarnings("unchecked") // the file is this test's own
    private static Set<String> plugins(Map<String, Object> group) {
        Set<String> names = new TreeSet<>();
        ((List<Map<String, Object>>) need(group, "plugins"))
                .forEach(plugin -> names.add((String) need(plugin, "name")));
        return names;
    }

    @SuppressWarnings("unchecked") // the file is this test's own
    private static @Nullable Map<String, Object> passing(Map<String, Object> group) {
        if (Boolean.FALSE.equals(group.get("faults"))) {
            return null;
        }
        return steps(group).stream()
                .filter(step -> need(step, "status").equals(200)
                        && !"none".equals(step.get("seen"))
                        && !map(step, "with").containsKey("Answer"))
                .findFirst()
                .orElse(null);
    }

    /** Skips a group by name that needs a program which is not there. */
    private static void lookForWhatItNeeds(String name, Map<String, Object> group) {
        if (group.get("needs") instanceof String program) {
            Peers.program(program, "EverydayPluginsIT: " + name);
        }
    }

    private static void suffer(String name, Map<String, Object> group) throws Exception {
        lookForWhatItNeeds(name, group);
        String died = unique();
        Wire.Answer dead = Wire.call(gateway.proxyPort(), passingRequest(name, group, "dies", died));
        assertThat(dead.status()).as(name + ": " + dead).isEqualTo(502);
        assertThat(dead.end()).isEqualTo(Wire.End.WHOLE);
        assertThat(end(name, died)).isEqualTo("sent");

        String again = unique();
        Wire.Answer half = Wire.call(gateway.proxyPort(), passingRequest(name, group, "dies in the body", again));
        assertThat(half.status() == 502 || half.end() != Wire.End.WHOLE)
                .as(name + ": " + half)
                .isTrue();
        assertThat(end(name, again)).isEqualTo(half.status() == 502 ? "sent" : "upstream_failed");
        Wire.Answer whole = Wire.call(gateway.proxyPort(), passingRequest(name, group, "200", again));
        assertThat(whole.status()).as(name + ": " + whole).isEqualTo(200);
        assertThat(whole.end()).isEqualTo(Wire.End.WHOLE);
        assertThat(whole.text()).containsPattern((String)
                Objects.requireNonNull(passing(group)).getOrDefault("text", "\"from\":\"upstream\""));

        leave(name, group, "waits");
        leave(name, group, "waits in the body");

        String cut = unique();
        try (Wire leaver = Wire.to(gateway.proxyPort())) {
            String head = passingRequest(name, group, "200", cut).split("\r\n\r\n", 2)[0];
            leaver.send(head.replaceAll("\r\nContent-Length: .*", "") + "\r\nContent-Length: 10\r\n\r\n{\"half\"");
            leaver.reset();
        }
        assertThat(end(name, cut)).isEqualTo("client_gone");
    }

    /** Its client leaves while the upstream has said nothing, or half of its answer. */
    private static void leave(String name, Map<String, Object> group, String answer) throws Exception {
        SEEN.clear();
        String left = unique();
        try (Wire leaver = Wire.to(gateway.proxyPort())) {
            leaver.send(passingRequest(name, group, answer, left));
            Workplace.awaitTrue(Workplace.SOON, () -> !SEEN.isEmpty(), () -> name + ": the upstream was not asked");
            leaver.reset();
        }
        assertThat(end(name, left)).isEqualTo("client_gone");
        LEFT.release();
        // taken by this request, before the next one may take it
        Workplace.awaitTrue(Workplace.SOON, () -> LEFT.availablePermits() == 0, () -> name + ": still waits");
    }

    /** How a request ended, as its line in the log says. */
    private static String end(String name, String unique) {
        String line = Workplace.await(
                Workplace.SOON,
                () -> lines("/" + name).stream()
                        .filter(entry -> entry.contains(unique + "="))
                        .findFirst()
                        .orElse(null),
                () -> name + ": no line of " + unique);
        return Json.read(line).at("/gatehouse/end").asText();
    }

    private static String unique() {
        return "unique-" + UNIQUE.incrementAndGet();
    }

    /** A request that passes, told apart from others by its query and, where one counts, by X-Client. */
    private static String passingRequest(String name, Map<String, Object> group, String answer, String unique) {
        now = ZonedDateTime.now(ZoneOffset.UTC);
        Map<String, Object> step = Objects.requireNonNull(passing(group));
        String[] line = ((String) need(step, "send")).split(" ", 2);
        Map<String, Object> headers = new TreeMap<>(map(step, "with"));
        headers.put("Answer", answer);
        headers.replace("X-Client", unique + answer);
        String target = "/" + name + made(line[1]);
        return request(
                line[0],
                target + (target.contains("?") ? "&" : "?") + unique + "=1",
                (String) step.getOrDefault("body", ""),
                headers);
    }

    @SuppressWarnings("unchecked") // the file is this test's own
    private static void converse(String name, Map<String, Object> group) throws Exception {
        lookForWhatItNeeds(name, group);
        int number = 0;
        for (Map<String, Object> step : steps(group)) {
            number++;
            now = ZonedDateTime.now(ZoneOffset.UTC); // dates are good for minutes, and there are many steps
            assertThat(WORDS).containsAll(step.keySet());
            String[] line = ((String) need(step, "send")).split(" ", 2);
            String body = (String) step.getOrDefault("body", "");
            SEEN.clear();

            Wire.Answer answer = Wire.call(
                    gateway.proxyPort(), request(line[0], "/" + name + made(line[1]), body, map(step, "with")));

            String place = name + ", step " + number + ": " + step.get("send") + ": " + answer;
            assertThat(answer.end()).as(place).isEqualTo(Wire.End.WHOLE);
            assertThat(answer.status()).as(place).isEqualTo(step.get("status"));
            compare(place, step, answer.headers(), answer.text());
            if (step.containsKey("logged")) {
                compareLine(place, "/" + name + made(line[1]), map(step, "logged"));
            }
            Object wanted = step.get("seen");
            if ("none".equals(wanted)) {
                assertThat(SEEN).as(place).isEmpty();
            } else if (wanted != null) {
                assertThat(SEEN).as(place).hasSize(1);
                Seen seen = SEEN.element();
                Map<String, Object> facts = (Map<String, Object>) wanted;
                compare(place + ", upstream", facts, seen.headers, seen.body);
                if (facts.containsKey("uri")) {
                    assertThat(seen.uri).as(place).matches((String) facts.get("uri"));
                }
                if (facts.containsKey("method")) {
                    assertThat(seen.method).as(place).isEqualTo(facts.get("method"));
                }
            }
        }
    }

    /** The line that a sink got for this request, facts by JSON pointer. */
    private static void compareLine(String place, String target, Map<String, Object> facts) {
        String uri = "\"uri\":\"" + target + "\"";
        String line = Workplace.await(
                Workplace.SOON,
                () -> lines(target).stream()
                        .filter(sent -> sent.contains(uri))
                        .findFirst()
                        .orElse(null),
                () -> place + ": no line of it came");
        assertThat(line).as(place).matches(SENT);
        JsonNode entry = Json.read(line);
        facts.forEach((pointer, value) -> assertThat(entry.at(pointer).asText())
                .as(place + ": " + pointer)
                .matches((String) value));
    }

    private static List<String> lines(String target) {
        return target.startsWith("/tcp-log")
                ? tcp.lines()
                : target.startsWith("/udp-log") ? udp.lines() : gateway.entryLines();
    }

    @SuppressWarnings("unchecked") // the file is this test's own
    private static List<Map<String, Object>> steps(Map<String, Object> group) {
        return (List<Map<String, Object>>) need(group, "steps");
    }

    private static Object need(Map<String, Object> from, String word) {
        return Objects.requireNonNull(from.get(word), word);
    }

    @SuppressWarnings("unchecked") // the file is this test's own
    private static Map<String, Object> map(Map<String, Object> step, String word) {
        return (Map<String, Object>) step.getOrDefault(word, Map.of());
    }

    @SuppressWarnings("unchecked") // the file is this test's own
    private static void compare(String place, Map<String, Object> wanted, Map<String, String> headers, String body) {
        assertThat(WORDS).containsAll(wanted.keySet());
        Map<String, String> any = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        any.putAll(headers);
        map(wanted, "has")
                .forEach((header, value) -> assertThat(any.getOrDefault(header, ""))
                        .as(place + ": " + header)
                        .matches((String) value));
        for (String header : (List<String>) wanted.getOrDefault("without", List.of())) {
            assertThat(any).as(place).doesNotContainKey(header);
        }
        if (wanted.containsKey("text")) {
            assertThat(body.replaceAll("\\s*\\n\\s*", "")).as(place).containsPattern((String) wanted.get("text"));
        }
    }

    /** Only the headers that the case tells; of one with a list of values, several lines. */
    @SuppressWarnings("unchecked") // the file is this test's own
    private static String request(String method, String target, String body, Map<String, Object> headers) {
        Map<String, String> signed = new TreeMap<>(Map.of("host", "gateway.example"));
        Map<String, List<String>> sent = new LinkedHashMap<>();
        headers.forEach((name, value) -> {
            List<String> values = value instanceof List<?> ? (List<String>) value : List.of((String) value);
            List<String> lines = values.stream()
                    .map(one -> made(one).replace("@digest", digest(body)))
                    .toList();
            signed.put(name.toLowerCase(Locale.ROOT), String.join(", ", lines));
            sent.put(name, lines);
        });
        StringBuilder text = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: gateway.example\r\n");
        sent.forEach((name, lines) -> {
            for (String line : lines) {
                String value = SIGNATURE
                        .matcher(line)
                        .replaceAll(wanted -> signature(wanted.group(1), wanted.group(2), method, target, signed));
                text.append(name).append(": ").append(value).append("\r\n");
            }
        });
        if (!body.isEmpty() && !headers.containsKey("Transfer-Encoding")) {
            text.append("Content-Length: ")
                    .append(body.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n");
        }
        return text.append("\r\n").append(body).toString();
    }

    // ---- what cannot stand in a file

    private static final Pattern DATE = Pattern.compile("@now([+-]\\d+)?");
    private static final Pattern SECOND = Pattern.compile("@([+-]\\d+)");
    private static final Pattern SIGNATURE = Pattern.compile("@hmac\\((\\S+); ([^)]*)\\)");
    private static final Pattern TOKEN = Pattern.compile("@jwt\\((\\{.*?}) (\\{.*?})\\)");
    private static final Pattern HS256 = Pattern.compile("([\\w-]+\\.[\\w-]+)\\.@HS256");
    private static final KeyPair RS256 = pair("RSA");
    private static final KeyPair EDDSA = pair("Ed25519");

    /** Dates and tokens: {@code @now-200} is 200 s ago, {@code @jwt({header} {claims})} is signed as its header says. */
    private static String made(String text) {
        String dated = DATE.matcher(text)
                .replaceAll(date -> DateTimeFormatter.RFC_1123_DATE_TIME.format(
                        now.plusSeconds(date.group(1) == null ? 0 : Long.parseLong(date.group(1)))));
        String token = TOKEN.matcher(dated).replaceAll(parts -> {
            String header = parts.group(1);
            String claims = SECOND.matcher(parts.group(2))
                    .replaceAll(time -> Long.toString(now.toEpochSecond() + Long.parseLong(time.group(1))));
            String signed = base64(header.getBytes(StandardCharsets.UTF_8)) + "."
                    + base64(claims.getBytes(StandardCharsets.UTF_8));
            return signed + "." + base64(signed(Json.read(header).at("/alg").asText(), signed));
        });
        return HS256.matcher(token)
                .replaceAll(parts -> parts.group(1) + "." + base64(hmac("HmacSHA256", parts.group(1))));
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] signed(String algorithm, String text) {
        try {
            Signature signature;
            switch (algorithm) {
                case "RS256" -> {
                    signature = Signature.getInstance("SHA256withRSA");
                    signature.initSign(RS256.getPrivate());
                }
                case "EdDSA" -> {
                    signature = Signature.getInstance("Ed25519");
                    signature.initSign(EDDSA.getPrivate());
                }
                default -> {
                    return hmac(algorithm.replace("HS", "HmacSHA"), text);
                }
            }
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair pair(String algorithm) {
        try {
            return KeyPairGenerator.getInstance(algorithm).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** On one line of a YAML text in double quotes. */
    private static String pem(KeyPair pair) {
        return "-----BEGIN PUBLIC KEY-----\\n"
                + Base64.getEncoder().encodeToString(pair.getPublic().getEncoded())
                + "\\n-----END PUBLIC KEY-----";
    }

    private static String digest(String body) {
        try {
            return "SHA-256="
                    + Base64.getEncoder()
                            .encodeToString(
                                    MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What alice sends to prove that she is, over these parts of the request. */
    private static String signature(
            String algorithm, String parts, String method, String target, Map<String, String> headers) {
        StringBuilder text = new StringBuilder();
        for (String part : parts.split(" ", -1)) {
            text.append(text.isEmpty() ? "" : "\n");
            text.append(
                    switch (part) {
                        case "request-line" -> method + " " + target + " HTTP/1.1";
                        case "@request-target" -> part + ": " + method.toLowerCase(Locale.ROOT) + " " + target;
                        default -> headers.containsKey(part) ? part + ": " + headers.get(part) : part + ":";
                    });
        }
        return "hmac username=\"alice\", algorithm=\"" + algorithm + "\", headers=\"" + parts + "\", signature=\""
                + Base64.getEncoder().encodeToString(hmac(algorithm.replace("hmac-sha", "HmacSHA"), text.toString()))
                + "\"";
    }

    private static byte[] hmac(String algorithm, String text) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec("alice-secret".getBytes(StandardCharsets.UTF_8), algorithm));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
