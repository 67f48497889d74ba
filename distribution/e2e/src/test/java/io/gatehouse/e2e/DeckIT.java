package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The real decK as client of the Admin API of a packaged gateway. */
final class DeckIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String EVERY_KIND = """
            _format_version: "3.0"
            services:
            - name: orders
              url: http://127.0.0.1:9/base
              retries: 3
              tags: [a]
              routes:
              - name: r
                paths: [/r]
                plugins: [{name: key-auth, config: {key_names: [apikey, other]}}]
              - name: r2
                paths: ["~/x/(?<id>[0-9]+)$"]
                headers: {x-a: [b, "~*^c+$"]}
            - {name: plain, host: plain.test, port: 81, tags: [a, b]}
            - {name: six, host: "[2001:DB8::1]"}
            routes:
            - {name: free, hosts: ["*.test"], methods: [GET]}
            - {name: old, hosts: [old.test]}
            consumers:
            - username: bob
              custom_id: "77"
              groups: [{name: silver}]
              keyauth_credentials: [{key: bobs-key}]
              basicauth_credentials: [{username: a, password: "b: #1"}]
              hmacauth_credentials: [{username: a, secret: b}]
              jwt_secrets: [{key: iss, secret: "yes", algorithm: HS256}]
              oauth2_credentials: [{name: app, client_id: c, client_secret: s, client_type: confidential, hash_secret: false, redirect_uris: ["https://a.test/back"]}]
              mtls_auth_credentials: [{id: 33333333-3333-4333-8333-333333333333, subject_name: bob.test}]
              acls: [{group: admins}]
            consumer_groups:
            - name: silver
              plugins: [{name: rate-limiting, config: {minute: 5}}]
            upstreams:
            - name: up.test
              algorithm: least-connections
              sticky_sessions_cookie_path: /
              healthchecks: {threshold: 10, active: {http_path: /ok, healthy: {interval: 0, successes: 2}}}
              targets: [{target: "10.0.0.1:80", weight: 10}, {target: "10.0.0.2:80", failover: false}]
            vaults: [{name: env, prefix: my-env, config: {prefix: P_}}, {name: env, prefix: plain}]
            key_sets: [{name: set}]
            keys: [{name: k, kid: k1, set: {name: set}, jwk: '{"kty":"oct","k":"AAAA","kid":"k1"}'}]
            partials:
            - {name: shared, type: redis-ce, config: {host: redis.test, port: 6379}}
            - {name: other, type: redis-ee, config: {read_timeout: 3001, sentinel_role: master, sentinel_nodes: [{host: a.test, port: 26379}]}}
            certificates:
            - id: 22222222-2222-4222-8222-222222222222
              cert: "%s"
              key: "%s"
              snis: [{name: a.test}]
            ca_certificates:
            - cert: "%s"
            plugins:
            - {name: prometheus, config: {per_consumer: true}}
            - {name: file-log, service: orders, consumer: bob, instance_name: audit, config: {path: /dev/null}}
            - {name: rate-limiting, route: r2, config: {minute: 5, policy: redis}, partials: [{name: shared}]}
            - name: rate-limiting
              service: plain
              config: {minute: 5, policy: redis, redis: {host: redis.test, username: "{vault://env/redis-user}", password: "{vault://env/redis-user}"}}
            - {name: ip-restriction, service: plain, config: {allow: [1.1.1.1], status: null}}
            - {name: key-auth, service: plain, config: {principals: {directory: default, enabled: false}, identity_realms: [{scope: cp, id: null, region: null}]}}
            - {name: basic-auth, route: old, config: {brute_force_protection: {strategy: "off"}}}
            - name: ai-proxy
              route: free
              config:
                route_type: llm/v1/chat
                model: {provider: openai, name: gpt-5, options: {cohere: {embedding_input_type: classification}}}
            - {name: rate-limiting, service: six, config: {minute: 5, redis: {cloud_authentication: null}}}
            - {name: rate-limiting, route: old, config: {minute: 5, policy: redis, redis_host: redis.test, redis_port: 6380, redis_timeout: 1500}}
            """;

    private static FaultServer upstream;
    private static PackagedGateway gateway;
    private static Path folder;
    private static String deck;
    private static String everyKind;

    @BeforeAll
    static void start() throws Exception {
        deck = Peers.program("deck", "DeckIT").toString();
        upstream = RUNNING.add(FaultServer.start(ServerScript.answering("{\"ok\":true}")));
        gateway = RUNNING.add(PackagedGateway.named("deck")
                .countedInPart()
                .yaml("empty.yaml", "")
                .env("REDIS_USER", "who-asks-redis")
                .start());
        folder = gateway.folder();
        Certificate certificate = Certificate.selfSigned(folder);
        Certificate authority = Certificate.authority(Files.createDirectory(folder.resolve("authority")));
        everyKind = EVERY_KIND.formatted(
                escaped(certificate.certificate()), escaped(certificate.key()), escaped(authority.certificate()));
    }

    private static String escaped(Path pem) throws Exception {
        return Files.readString(pem).replace("\n", "\\n");
    }

    private static Workplace.Ran deck(String command, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(deck, "gateway", command));
        all.addAll(List.of("--kong-addr", "http://127.0.0.1:" + gateway.adminPort(), "--analytics=false"));
        all.addAll(List.of("--timeout", "60")); // seconds for a request; the default is 10
        all.addAll(List.of(arguments));
        return Workplace.run(folder, Workplace.cleanEnvironment(), Duration.ofMinutes(2), all.toArray(String[]::new));
    }

    private static String good(Workplace.Ran ran) {
        assertThat(ran.exit()).as(ran.out() + ran.err() + gateway.log()).isZero();
        return ran.out();
    }

    private static Path file(String name, String text) {
        return Workplace.write(folder.resolve(name), text);
    }

    private static String summary(int created, int updated, int deleted) {
        return "Created: " + created + "\n  Updated: " + updated + "\n  Deleted: " + deleted;
    }

    private static JsonNode admin(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
                .build();
        HttpResponse<String> response = PackagedGateway.CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path + response.body()).isEqualTo(200);
        return Json.read(response.body());
    }

    private static String hash() throws Exception {
        return admin("/status").path("configuration_hash").asText();
    }

    @Test
    void whatWasSyncedDiffersInNothingAndIsDumpedAsItWas() throws Exception {
        assertThat(good(deck("ping"))).contains("Successfully connected to Kong!", "3.15.0");
        Path file = file("every-kind.yaml", everyKind);
        good(deck("validate", file.toString()));
        good(deck("sync", file.toString()));
        assertThat(good(deck("diff", file.toString(), "--non-zero-exit-code"))).contains(summary(0, 0, 0));

        // what is there already is not touched
        String before = hash();
        assertThat(good(deck("sync", file.toString()))).contains(summary(0, 0, 0));
        assertThat(hash()).isEqualTo(before);

        // the dump is the same configuration, to decK and to the gateway
        Path dump = folder.resolve("dump.yaml");
        good(deck("dump", "-o", dump.toString(), "--yes"));
        assertThat(Files.readString(dump))
                .contains("bobs-key", "up.test", "my-env", "redis.test", "silver", "a.test")
                .contains("{vault://env/redis-user}", "oauth2_credentials", "bob.test")
                .contains("path: config.redis", "failover: false", "sticky_sessions_cookie_path: /", "sentinel_nodes")
                .doesNotContain("who-asks-redis");
        assertThat(good(deck("diff", dump.toString(), "--non-zero-exit-code"))).contains(summary(0, 0, 0));
        assertThat(good(deck("sync", dump.toString()))).contains(summary(0, 0, 0));

        // and can be put in the place of nothing
        good(deck("reset", "--force"));
        good(deck("validate", dump.toString()));
        good(deck("sync", dump.toString()));
        assertThat(good(deck("diff", file.toString(), "--non-zero-exit-code"))).contains(summary(0, 0, 0));

        good(deck("reset", "--force"));
        for (String collection : List.of(
                "services",
                "routes",
                "consumers",
                "plugins",
                "upstreams",
                "vaults",
                "keys",
                "key-sets",
                "partials",
                "certificates",
                "snis",
                "ca_certificates",
                "consumer_groups",
                "key-auths",
                "oauth2",
                "mtls-auths",
                "acls")) {
            assertThat(admin("/" + collection).path("data")).as(collection).isEmpty();
        }
    }

    @Test
    void fieldsUnderTheirOldNamesAreThoseUnderTheNewOnes() throws Exception {
        good(deck("reset", "--force"));
        String id = "44444444-4444-4444-8444-444444444444";
        JsonNode made = Json.read(send("PUT", "/plugins/" + id, """
                {"name": "rate-limiting", "config": {"minute": 5, "redis_host": "one.test", "redis": {"port": 7}}}
                """).body());
        assertThat(made.at("/config/redis/host").asText()).isEqualTo("one.test");
        assertThat(made.at("/config/redis_host").asText()).isEqualTo("one.test");
        assertThat(made.at("/config/redis_port").asInt()).isEqualTo(7);
        assertThat(send("PUT", "/plugins/" + id, made.toString()).statusCode()).isEqualTo(200);

        JsonNode changed = Json.read(send("PATCH", "/plugins/" + id, """
                {"config": {"redis_host": "two.test"}}
                """).body());
        assertThat(changed.at("/config/redis/host").asText()).isEqualTo("two.test");
        assertThat(changed.at("/config/redis/port").asInt()).isEqualTo(7);
        HttpResponse<String> refused = send("PATCH", "/plugins/" + id, """
                {"config": {"redis_host": "a", "redis": {"host": "b"}}}
                """);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body())
                .contains("both deprecated and new field are used but their values mismatch:"
                        + " redis_host = a vs redis.host = b");
    }

    private static HttpResponse<String> send(String method, String path, String json) throws Exception {
        return PackagedGateway.CLIENT.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
                        .method(method, HttpRequest.BodyPublishers.ofString(json))
                        .header("Content-Type", "application/json")
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aFileOfTheWorkspaceThatThereIsCanBeSynced() throws Exception {
        good(deck("reset", "--force"));
        Path file = file("workspace.yaml", """
                _format_version: "3.0"
                _workspace: default
                services: [{name: s, host: a.test}]
                """);
        assertThat(good(deck("sync", file.toString()))).contains(summary(1, 0, 0));
        assertThat(good(deck("diff", file.toString(), "--non-zero-exit-code"))).contains(summary(0, 0, 0));
        assertThat(good(deck("dump", "-o", "-", "--workspace", "default"))).contains("host: a.test");
        assertThat(admin("/services/s").path("host").asText()).isEqualTo("a.test");
    }

    @Test
    void aWrongFileIsRefusedInWordsThatHelp() throws Exception {
        good(deck("reset", "--force"));
        Path file = file("wrong.yaml", """
                _format_version: "3.0"
                services: [{name: wrong, host: a.test, port: 70000}]
                """);
        Workplace.Ran ran = deck("sync", file.toString());
        assertThat(ran.exit()).isNotZero();
        assertThat(ran.err()).contains("schema violation (port: value should be between 0 and 65535)");
        assertThat(admin("/services").path("data")).isEmpty();
    }

    @Test
    void onlyWhatHasTheTagsIsCompared() throws Exception {
        good(deck("reset", "--force"));
        good(deck("sync", file("one.yaml", """
                _format_version: "3.0"
                _info: {select_tags: [one]}
                services: [{name: of-one, host: a.test}]
                """).toString()));
        good(deck("sync", file("two.yaml", """
                _format_version: "3.0"
                services: [{name: of-two, host: b.test}]
                """).toString(), "--select-tag", "two"));
        assertThat(admin("/services").path("data")).hasSize(2);
        assertThat(good(deck("dump", "-o", "-", "--select-tag", "one")))
                .contains("of-one")
                .doesNotContain("of-two");
        good(deck("reset", "--force", "--select-tag", "one"));
        assertThat(admin("/services").path("data").findValuesAsText("name")).containsExactly("of-two");

        // decK repeats tags beside what it refers to
        Path keys = file("keys.yaml", """
                _format_version: "3.0"
                _info: {select_tags: [keys]}
                key_sets: [{name: set}]
                keys: [{name: k, kid: k1, set: {name: set}, jwk: '{"kty":"oct","k":"AAAA","kid":"k1"}'}]
                """);
        good(deck("sync", keys.toString()));
        Path tagged = folder.resolve("tagged.yaml");
        good(deck("dump", "-o", tagged.toString(), "--select-tag", "keys", "--yes"));
        good(deck("reset", "--force", "--select-tag", "keys"));
        good(deck("sync", tagged.toString()));
        assertThat(admin("/keys").path("data").findValuesAsText("kid")).containsExactly("k1");
        good(deck("reset", "--force", "--select-tag", "keys"));

        // apply adds, and takes nothing away
        good(deck("apply", file("three.yaml", """
                _format_version: "3.0"
                services: [{name: of-three, host: c.test}]
                """).toString()));
        assertThat(admin("/services").path("data").findValuesAsText("name"))
                .containsExactlyInAnyOrder("of-two", "of-three");
    }

    /** Each request is in the log as well, once: the books of the gateway are balanced after every test. */
    @Test
    void syncsUnderLoadLoseNoRequest() throws Exception {
        good(deck("reset", "--force"));
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            StringBuilder text = new StringBuilder("""
                    _format_version: "3.0"
                    plugins:
                    - {name: correlation-id, config: {header_name: x-%s}}
                    - {name: file-log, config: {path: %s}}
                    services:
                    - name: loaded
                      url: http://127.0.0.1:%s
                      retries: %s
                      routes: [{name: loaded, paths: [/loaded]}]
                    """.formatted(i, folder.resolve("access.log"), upstream.port(), i));
            for (int j = 0; j < 5; j++) {
                text.append("- {name: other-").append(i).append('-').append(j).append(", host: a.test}\n");
            }
            files.add(file("load-" + i + ".yaml", text.toString()));
        }
        good(deck("sync", files.get(0).toString()));
        Load load = new Load(gateway, 8, "GET /loaded HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        for (int i = 1; i <= 50; i++) {
            good(deck("sync", files.get(i % 2).toString()));
        }
        load.endUnharmed();
    }

    /** What plugins and balancers know, and what is under way, has nothing to do with a sync that changes nothing of it. */
    @Test
    void aSyncTouchesNoStateOfWhatStaysTheSame() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        List<HttpServer> servers = new ArrayList<>();
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            for (String name : List.of("one", "two")) {
                servers.add(server(name, threads, released));
            }
            good(deck("reset", "--force"));
            Path file = file("state.yaml", """
                    _format_version: "3.0"
                    plugins:
                    - {name: file-log, config: {path: %s}}
                    upstreams:
                    - {name: balanced.test, targets: [{target: "127.0.0.1:%s"}, {target: "127.0.0.1:%s"}]}
                    services:
                    - name: balanced
                      host: balanced.test
                      routes:
                      - name: counted
                        paths: [/counted]
                        plugins: [{name: rate-limiting, config: {year: 10, policy: local}}]
                      - {name: held, paths: [/held], strip_path: false}
                    """.formatted(
                            folder.resolve("access.log"),
                            servers.get(0).getAddress().getPort(),
                            servers.get(1).getAddress().getPort()));
            good(deck("sync", file.toString()));
            HttpResponse<String> first = PackagedGateway.get(gateway.proxy("/counted"));
            assertThat(first.headers().firstValue("RateLimit-Remaining")).hasValue("9");
            try (Wire held = Wire.to(gateway.proxyPort())) {
                held.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(held.until("begun")).contains("200");

                assertThat(good(deck("sync", file.toString()))).contains(summary(0, 0, 0));
                Path more = file("more-state.yaml", Files.readString(file) + "- {name: another, host: another.test}\n");
                assertThat(good(deck("sync", more.toString()))).contains(summary(1, 0, 0));

                HttpResponse<String> second = PackagedGateway.get(gateway.proxy("/counted"));
                assertThat(second.headers().firstValue("RateLimit-Remaining")).hasValue("8");
                HttpResponse<String> third = PackagedGateway.get(gateway.proxy("/counted"));
                // first, held, second, third: the two targets take turns
                assertThat(second.body()).isEqualTo(first.body());
                assertThat(third.body()).isNotEqualTo(first.body());
                released.countDown();
                assertThat(held.until("ended\r\n0\r\n\r\n")).contains("ended");
            }
        } finally {
            released.countDown();
            servers.forEach(server -> server.stop(0));
            threads.shutdownNow();
        }
    }

    private static HttpServer server(String name, ExecutorService threads, CountDownLatch released) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, 0);
                if (exchange.getRequestURI().getPath().equals("/held")) {
                    exchange.getResponseBody().write("begun".getBytes(StandardCharsets.UTF_8));
                    exchange.getResponseBody().flush();
                    released.await();
                    exchange.getResponseBody().write("ended".getBytes(StandardCharsets.UTF_8));
                } else {
                    exchange.getResponseBody().write(name.getBytes(StandardCharsets.UTF_8));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        return server;
    }
}
