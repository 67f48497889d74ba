package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the packaged launcher tells of files, and what the real decK says of what {@code dump} wrote. */
final class PlanAndDumpIT {
    private static final String EVERYTHING = """
            _format_version: "3.0"
            services:
            - name: orders
              url: ${{ env "DECK_URL" }}
              routes:
              - name: r
                paths: [/r, "~/x/(?<id>[0-9]+)$"]
                headers: {x-a: [b, "~*^c+$"]}
                plugins: [{name: key-auth, config: {key_names: ["${{ env "DECK_KEY" }}"]}}]
            - {name: plain, host: plain.test, port: ${{ env "DECK_PORT" | toInt }}, tags: [a, b]}
            routes:
            - {name: free, hosts: ["*.test", "x.test:80"], methods: [GET], regex_priority: 3}
            consumers:
            - username: amy
              groups: [{name: gold}]
              keyauth_credentials: [{key: "${{ env "DECK_KEY" }}", tags: [x]}]
              basicauth_credentials: [{username: a, password: "b: #1"}]
              hmacauth_credentials: [{username: a, secret: b}]
              jwt_secrets: [{key: iss, secret: "yes"}]
              acls: [{group: admins}]
            - {custom_id: "7"}
            consumer_groups: [{name: gold}]
            upstreams:
            - name: up.test
              algorithm: least-connections
              healthchecks: {threshold: 10, active: {http_path: /ok, healthy: {interval: 5, successes: 2}}}
              targets: [{target: "10.0.0.1:80", weight: 10}]
            vaults: [{name: env, prefix: my-env, config: {prefix: P_}}]
            key_sets: [{name: set}]
            keys: [{name: k, kid: k1, set: {name: set}, jwk: '{"kty":"oct","k":"AAAA","kid":"k1"}'}]
            partials: [{name: shared, type: redis-ce, config: {host: redis.test, port: 6379}}]
            plugins:
            - {name: prometheus, config: {per_consumer: true}}
            - {name: file-log, service: orders, consumer: amy, instance_name: audit, config: {path: /dev/null}}
            """;

    private static Map<String, String> environment() {
        Map<String, String> environment = Workplace.cleanEnvironment();
        environment.put("DECK_URL", "https://orders.test:8443/base");
        environment.put("DECK_KEY", "hunter2hunter2");
        environment.put("DECK_PORT", "8081");
        return environment;
    }

    private static Workplace.Ran run(Path folder, String program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(program);
        command.addAll(List.of(arguments));
        return Workplace.run(folder, environment(), Duration.ofMinutes(2), command.toArray(String[]::new));
    }

    private static Workplace.Ran gatehouse(Path folder, String... arguments) throws Exception {
        return run(folder, Workplace.PACKAGED.resolve("bin/gatehouse").toString(), arguments);
    }

    @Test
    void deckTakesWhatDumpWrites() throws Exception {
        String deck = Peers.program("deck", "PlanAndDumpIT").toString();
        Path folder = Workplace.folderFor("dump-deck");
        Path file = Workplace.write(folder.resolve("everything.yaml"), EVERYTHING);
        for (List<String> options : List.of(List.<String>of(), List.of("--defaults"))) {
            List<String> command = new ArrayList<>(List.of("dump", file.toString()));
            command.addAll(options);
            Workplace.Ran dumped = gatehouse(folder, command.toArray(String[]::new));
            assertThat(dumped.exit()).as(dumped.err()).isZero();
            assertThat(dumped.out()).doesNotContain("hunter2", "orders.test").contains("${{ env \"DECK_KEY\" }}");
            String name = "dump" + options.size();
            Path dump = Workplace.write(folder.resolve(name + ".yaml"), dumped.out());
            Path merged = folder.resolve(name + "-merged.yaml");
            Path converted = folder.resolve(name + "-converted.yaml");

            for (Workplace.Ran ran : List.of(
                    run(folder, deck, "file", "validate", dump.toString()),
                    run(folder, deck, "file", "merge", dump.toString(), "-o", merged.toString()),
                    run(
                            folder,
                            deck,
                            "file",
                            "convert",
                            "--from",
                            "kong-gateway-2.x",
                            "--to",
                            "kong-gateway-3.x",
                            "--input-file",
                            dump.toString(),
                            "--output-file",
                            converted.toString()))) {
                assertThat(ran.exit()).as(ran.out() + ran.err() + dumped.out()).isZero();
            }

            // what decK read and wrote again is the same configuration
            for (Path same : List.of(dump, merged)) {
                Workplace.Ran plan =
                        gatehouse(folder, "plan", file.toString(), same.toString(), "--non-zero-exit-code");
                assertThat(plan.exit())
                        .as(same + "\n" + plan.out() + plan.err())
                        .isZero();
            }
            // but that it puts in what the variables hold when it converts
            JsonNode summary = Json.read(gatehouse(folder, "plan", file.toString(), converted.toString(), "-o", "json")
                            .out())
                    .path("summary");
            assertThat(summary.path("creating").asInt()).isZero();
            assertThat(summary.path("deleting").asInt()).isZero();
            // and the dump of the dump is the dump
            assertThat(gatehouse(folder, "dump", dump.toString()).out())
                    .isEqualTo(gatehouse(folder, "dump", file.toString()).out());
        }
    }

    @Test
    void planTellsWhatChangesAndItsExitCodeToo() throws Exception {
        Path folder = Workplace.folderFor("plan");
        Path example = Workplace.REPOSITORY.resolve("examples/plan");
        String before = example.resolve("before.yaml").toString();
        String after = example.resolve("after.yaml").toString();

        Workplace.Ran plan = gatehouse(folder, "plan", before, after);
        assertThat(plan.exit()).as(plan.err()).isZero();
        String page = Files.readString(Workplace.REPOSITORY.resolve("docs/plan.md"));
        // the place of a file is the reader's own
        assertThat(page).contains(plan.out().replace(example + "/", "examples/plan/"));
        assertThat(plan.out()).doesNotContain("amys-key", "amys-other-key");

        assertThat(gatehouse(folder, "plan", before, after, "--non-zero-exit-code")
                        .exit())
                .isEqualTo(3);
        assertThat(gatehouse(folder, "plan", before, before, "--non-zero-exit-code")
                        .exit())
                .isZero();
        Path broken = Workplace.write(folder.resolve("broken.yaml"), "services: [");
        Workplace.Ran refused = gatehouse(folder, "plan", before, broken.toString());
        assertThat(refused.exit()).isEqualTo(2);
        assertThat(refused.err()).contains(broken + ":1:");

        JsonNode json = Json.read(
                gatehouse(folder, "plan", before, after, "--output", "json").out());
        assertThat(json.at("/summary/total").asInt())
                .isEqualTo(json.at("/changes/creating").size()
                        + json.at("/changes/updating").size()
                        + json.at("/changes/deleting").size())
                .isPositive();
        assertThat(json.at("/routes_unreached/0/route").asText()).isEqualTo("orders-admin");
    }

    @Test
    void validateSpeaksJsonAndMayTakeWarningsForErrors() throws Exception {
        Path folder = Workplace.folderFor("validate-json");
        String file = Workplace.write(folder.resolve("kong.yaml"), """
                        _format_version: "3.0"
                        routes:
                        - {name: a, paths: [/a], protocols: [https]}
                        consumers:
                        - {username: amy, plugins: [{name: file-log, config: {path: /dev/null}}]}
                        """).toString();

        Workplace.Ran good = gatehouse(folder, "validate", file);
        assertThat(good.exit()).as(good.err()).isZero();
        assertThat(good.err().lines())
                .anyMatch(line -> line.contains("the plugin 'file-log' never runs: it is for a consumer"))
                .anyMatch(line -> line.contains("the route 'a' is for https only, and no proxy listener speaks it"));

        assertThat(gatehouse(folder, "validate", "--strict", file).exit()).isEqualTo(2);
        JsonNode json = Json.read(
                gatehouse(folder, "validate", "--output", "json", file).out());
        assertThat(json.path("valid").asBoolean()).isTrue();
        assertThat(json.path("problems")).hasSize(2);
        assertThat(json.at("/problems/0/severity").asText()).isEqualTo("warning");
        assertThat(json.at("/problems/0/line").asInt()).isPositive();
    }
}
