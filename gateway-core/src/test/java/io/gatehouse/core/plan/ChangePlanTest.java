package io.gatehouse.core.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.plugin.PluginCalls;
import io.gatehouse.core.snapshot.Advice;
import io.gatehouse.core.snapshot.Examination;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChangePlanTest {
    private static final String SECRET = "hunter2hunter2";

    @TempDir
    Path folder;

    private Examination examined(String name, String yaml) {
        try {
            Path file = Files.writeString(folder.resolve(name), "_format_version: \"3.0\"\n" + yaml);
            return Examination.of(
                    List.of(file),
                    List.of(),
                    Map.of("DECK_KEY", SECRET)::get,
                    LoadOptions.defaults(),
                    null,
                    new PluginCalls(Duration.ofSeconds(60), (plugin, phase, cause) -> {}));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ChangePlan plan(String before, String after) {
        return ChangePlan.of(examined("old.yaml", before), examined("new.yaml", after));
    }

    @Test
    void tellsWhatIsCreatedUpdatedAndDeleted() {
        ChangePlan plan = plan("""
                services:
                - {name: s, host: a.test, routes: [{name: r, paths: [/r], plugins: [{name: edge}]}]}
                consumers:
                - {username: amy, custom_id: "1"}
                """, """
                services:
                - {name: s, host: a.test, retries: 1, routes: [{name: r, paths: [/r, /s], plugins: [{name: edge, config: {does: cut}}]}]}
                consumers:
                - {username: ben}
                """);

        assertThat(plan.text()).isEqualTo("""
                creating consumer ben
                updating service s
                  retries: 5 -> 1
                updating route r
                  paths: [/r] -> [/r, /s]
                updating plugin edge of route r
                  config.does: none -> cut
                deleting consumer amy
                Summary:
                  Created: 1
                  Updated: 3
                  Deleted: 1
                Plugins whose state is lost:
                  edge of route r: its config changes, so it is made anew
                """);
        assertThat(plan.hasChanges()).isTrue();
    }

    @Test
    void theSameWrittenOtherwiseIsNoChange() {
        ChangePlan plan = plan("""
                services: [{name: s, url: "http://a.test:80/x", routes: [{name: r, paths: [/r]}]}]
                plugins: [{name: edge, route: r, config: {does: cut}}]
                """, """
                routes: [{name: r, service: {name: s}, paths: [/r], strip_path: true, plugins: [{name: edge, config: {does: "cut"}}]}]
                services: [{name: s, host: a.test, path: /x, retries: 5}]
                """);

        assertThat(plan.hasChanges()).isFalse();
        assertThat(plan.text()).isEqualTo("""
                Summary:
                  Created: 0
                  Updated: 0
                  Deleted: 0
                """);
    }

    @Test
    void anotherIdIsAnUpdate() {
        assertThat(plan(
                                "services: [{name: s, host: a.test}]",
                                "services: [{name: s, host: a.test, id: 0dc6f45b-8f8d-40d2-a504-473544ee190b}]")
                        .text())
                .startsWith("updating service s\n  id: ")
                .contains(" -> 0dc6f45b-8f8d-40d2-a504-473544ee190b\n");
    }

    @Test
    void showsNoSecret() {
        ChangePlan plan = plan("""
                consumers:
                - username: amy
                  basicauth_credentials: [{id: 0dc6f45b-8f8d-40d2-a504-473544ee190b, username: a, password: hunter1}]
                """, """
                consumers:
                - username: amy
                  basicauth_credentials:
                  - {id: 0dc6f45b-8f8d-40d2-a504-473544ee190b, username: a, password: "${{ env "DECK_KEY" }}"}
                  keyauth_credentials: [{key: "${{ env "DECK_KEY" }}"}]
                plugins: [{name: edge, config: {does: "${{ env "DECK_KEY" }}"}}]
                """);

        assertThat(plan.text()).contains("  password: *** -> ***\n");
        assertThat(plan.text() + plan.data()).doesNotContain(SECRET, "hunter1");
    }

    @Test
    void showsNoCredentialInTheHeadersOfRoutesAndProbes() {
        String before = "routes: [{name: r, headers: {authorization: [Bearer hunter1], x-seen: [a]}}]\n"
                + "upstreams: [{name: u, healthchecks: {active: {headers: {Authorization: [Bearer hunter1]}}}}]";
        ChangePlan plan = plan(before, before.replace("hunter1", "hunter2").replace("[a]", "[b]"));

        assertThat(plan.text())
                .contains(
                        "  headers.authorization: [***] -> [***]\n",
                        "  headers.x-seen: [a] -> [b]\n",
                        "  healthchecks.active.headers.Authorization: [***] -> [***]\n");
        assertThat(plan.text() + plan.data()).doesNotContain("hunter");
    }

    @Test
    void tellsWhichRoutesAreReachedNoMoreAndAgain() {
        String hidden = "routes: [{name: a, paths: [/x], methods: [GET]}, {name: b, paths: [\"~/x\"], methods: [GET]}]";
        String free = "routes: [{name: a, paths: [/x], methods: [GET]}, {name: b, paths: [\"~/y\"], methods: [GET]}]";

        assertThat(plan(free, hidden).text())
                .contains("Routes that no request reaches any more:\n  a: what it takes goes to b\n");
        assertThat(plan(hidden, free).text()).contains("Routes that requests reach again:\n  a\n");
        assertThat(plan(hidden, hidden).text()).doesNotContain("Routes");
    }

    @Test
    void tellsWhatStateIsLost() {
        String one =
                "routes: [{name: r, paths: [/r]}]\nplugins: [{name: edge, id: 0dc6f45b-8f8d-40d2-a504-473544ee190b";

        assertThat(plan(one + "}]", one + ", route: r}]").text())
                .contains("  edge: its scope changes, so it is made anew\n");
        assertThat(plan(one + "}]", one + ", enabled: false}]").text()).contains("  edge: it is switched off\n");
        assertThat(plan(one + "}]", "routes: [{name: r, paths: [/r]}]").text()).contains("  edge: it goes away\n");
        assertThat(plan(one + "}]", one + ", tags: [x]}]").text()).doesNotContain("state is lost");
    }

    @Test
    void warnsOfAnUpstreamThatHasNobodyToSendTo() {
        String used = "services: [{name: s, host: pool}]\nupstreams: [{name: pool, targets: [%s]}]";

        for (String targets : List.of("", "{target: \"10.0.0.1:80\", weight: 0}")) {
            assertThat(examined("new.yaml", used.formatted(targets)).problems())
                    .extracting(Problem::toString)
                    .anyMatch(line -> line.contains(
                            "the upstream 'pool' has no target with a weight: requests to it are answered 503"));
        }
        assertThat(examined("new.yaml", used.formatted("{target: \"10.0.0.1:80\"}"))
                        .problems())
                .isEmpty();
        assertThat(examined("new.yaml", "upstreams: [{name: pool}]").problems()).isEmpty();
    }

    @Test
    void wantsGoodConfigurations() {
        assertThatThrownBy(() -> plan("services: [{}]", "services: []")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = ';',
            value = {
                "plugins: [{name: edge, enabled: false}]; edge: it is disabled",
                "services: [{name: s, host: h.test, plugins: [{name: edge}]}]; edge of service s: its service has no route",
                "services: [{name: s, host: h.test, enabled: false, routes: [{paths: [/]}], plugins: [{name: edge}]}];"
                        + " edge of service s: its service is disabled",
                "services: [{name: s, host: h.test}, {name: t, host: h.test, routes: [{name: r, paths: [/]}]}]\\n"
                        + "plugins: [{name: edge, service: s, route: r}];"
                        + " edge of service s of route r: its route belongs to another service",
                "routes: [{name: a, paths: [/x], plugins: [{name: edge}]}, {name: b, paths: [~/x]}];"
                        + " edge of route a: no request reaches its route 'a'",
                "routes: [{name: a, paths: [/x], protocols: [https], plugins: [{name: edge, protocols: [tcp]}]}];"
                        + " edge of route a: its protocols (tcp) are not HTTP",
                "consumers: [{username: amy, plugins: [{name: edge}]}]; edge of consumer amy: there is no route",
                "routes: [{paths: [/]}]\\nconsumers: [{username: amy, plugins: [{name: edge}]}];"
                        + " 'edge of consumer amy: it is for a consumer, and no plugin before it makes one known'",
                "services: [{name: s, host: h.test, plugins: [{name: edge}],"
                        + " routes: [{name: r, paths: [/], plugins: [{name: edge}]}]}];"
                        + " edge of service s: every route of its scope has a 'edge' of its own",
                "services: [{name: s, host: h.test, plugins: [{name: edge}], routes: [{paths: [/]}]}]; none",
                "plugins: [{name: edge}]; none",
            })
    void knowsWhichPluginsNeverRun(String yaml, String expected) {
        Examination examination = examined("one.yaml", yaml.replace("\\n", "\n"));
        assertThat(examination.problems().stream().map(Problem::toString).filter(line -> !line.contains("warning")))
                .isEmpty();

        List<String> idle = new ArrayList<>();
        for (Advice.Idle one : examination.advice().idle()) {
            idle.add(EntityFields.label(one.plugin(), examination.config()) + ": " + one.reason());
        }
        assertThat(idle).isEqualTo(expected.equals("none") ? List.of() : List.of(expected));
    }

    @Test
    void warnsOfWhatIsNotMeant() {
        List<String> warnings = new ArrayList<>();
        examined("one.yaml", """
                routes:
                - {name: a, paths: [/x]}
                - {name: b, paths: ["~/x"]}
                plugins:
                - {name: edge, route: a}
                - {name: edge, enabled: false}
                """)
                .problems()
                .forEach(problem -> warnings.add(problem.toString().replace(folder + "/", "")));

        assertThat(warnings)
                .containsExactly(
                        "one.yaml:3:3 warning: routes[0]: no request reaches the route 'a': what it takes goes to 'b'",
                        "one.yaml:6:3 warning: plugins[0]: the plugin 'edge' never runs: no request reaches its route 'a'");
    }
}
