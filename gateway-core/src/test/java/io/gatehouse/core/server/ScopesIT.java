package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Gateway;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Which instance of a plugin applies, and where it acts. */
@NullUnmarked
class ScopesIT {
    private static final Pattern PROBE = Pattern.compile("(?im)^x-probe: (\\S+)");

    /** Kong's twelve levels, most specific first. */
    private static final List<String> LEVELS = List.of(
            "consumer: alice, route: r, service: s",
            "consumer_group: beta, route: r, service: s",
            "consumer: alice, route: r",
            "consumer: alice, service: s",
            "consumer_group: beta, route: r",
            "consumer_group: beta, service: s",
            "route: r, service: s",
            "consumer: alice",
            "consumer_group: beta",
            "route: r",
            "service: s",
            "tags: [global]");

    @RegisterExtension
    final Rig rig = new Rig();

    @TempDir
    Path folder;

    private Path file;

    private void live(String plugins) throws Exception {
        file = folder.resolve("kong.yaml");
        write(plugins);
        if (rig.gateway == null) {
            rig.gateway = Gateway.start(rig.settings().configs(List.of(file)).build());
        } else {
            assertThat(rig.gateway.reload()).isEmpty();
        }
    }

    private void write(String plugins) throws IOException {
        Files.writeString(file, """
                _format_version: "3.0"
                services:
                  - name: s
                    url: %s/base
                    routes:
                      - {name: r, paths: [/a]}
                consumers:
                  - {username: alice, groups: [{name: zeta}, {name: beta}]}
                  - {username: bob}
                consumer_groups:
                  - {name: beta}
                  - {name: zeta}
                plugins:
                %s""".formatted(rig.upstream.baseUrl(), plugins.indent(2)));
    }

    /** The labels of the instances that a request met, innermost first. */
    private List<String> met(String user) throws IOException {
        String answer = rig.raw("GET /a HTTP/1.1\r\nHost: x\r\nX-User: " + user + "\r\nConnection: close\r\n\r\n");
        List<String> labels = new ArrayList<>();
        Matcher probe = PROBE.matcher(answer);
        while (probe.find()) {
            labels.add(probe.group(1));
        }
        return labels;
    }

    private static String levels(int disabled) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < LEVELS.size(); i++) {
            all.append("- {name: probe, ").append(LEVELS.get(i)).append(", enabled: ");
            all.append(i >= disabled)
                    .append(", config: {label: \"")
                    .append(i + 1)
                    .append("\"}}\n");
        }
        return all.toString();
    }

    @Test
    void theMostSpecificInstanceAppliesAndADisabledOneIsAsIfAbsent() throws Exception {
        for (int disabled = 0; disabled < LEVELS.size(); disabled++) {
            live("- {name: edge, config: {does: authenticate}}\n" + levels(disabled));

            assertThat(met("alice")).containsExactly(Integer.toString(disabled + 1));
            int forOthers = disabled;
            while (LEVELS.get(forOthers).startsWith("consumer")) {
                forOthers++;
            }
            assertThat(met("bob")).containsExactly(Integer.toString(forOthers + 1));
            assertThat(met("nobody")).containsExactly(Integer.toString(forOthers + 1));
        }
    }

    @Test
    void ofSeveralGroupsTheFirstByNameApplies() throws Exception {
        live("""
                - {name: edge, config: {does: authenticate}}
                - {name: probe, consumer_group: zeta, config: {label: zeta}}
                - {name: probe, consumer_group: beta, config: {label: beta}}
                """);

        assertThat(met("alice")).containsExactly("beta");
        assertThat(met("bob")).isEmpty();
    }

    @Test
    void aPluginFurtherOutThanAuthenticationKnowsNoConsumer() throws Exception {
        live("""
                - {name: edge, config: {does: authenticate}}
                - {name: early, consumer: alice, config: {label: early-alice}}
                - {name: early, consumer_group: beta, config: {label: early-beta}}
                - {name: early, config: {label: early-all}}
                - {name: probe, consumer: alice, config: {label: alice}}
                """);

        assertThat(met("alice")).containsExactly("alice", "early-all");
        assertThat(rig.logged(3)).containsExactly("early-all sent ok 200", "edge 200", "alice sent ok 200");
    }

    @Test
    void whatDidNotApplyWhenItsTurnCameDoesNotLogEither() throws Exception {
        live("""
                - {name: edge, config: {does: authenticate}}
                - {name: early, consumer: alice, config: {label: early-alice}}
                - {name: probe, config: {label: all}}
                """);

        assertThat(met("alice")).containsExactly("all");
        Rig.await(() -> rig.gateway.inFlight() == 0, () -> "in flight: " + rig.gateway.inFlight());
        assertThat(ProbeFactory.LOGGED).containsExactly("edge 200", "all sent ok 200");
    }

    @Test
    void aPluginForStreamsOnlyIsAsIfAbsent() throws Exception {
        live("""
                - {name: probe, route: r, protocols: [tcp, tls], config: {label: streams}}
                - {name: probe, protocols: [https], config: {label: web}}
                """);

        assertThat(met("bob")).as("as in Kong, https stands for HTTP").containsExactly("web");
    }

    @Test
    void orderingMovesAPlugin() throws Exception {
        live("""
                - {name: edge, config: {does: authenticate}}
                - {name: early, consumer: alice, config: {label: early-alice}}
                - {name: early, config: {label: early-all}, ordering: {after: {access: [edge]}}}
                - {name: probe, config: {label: all}}
                """);
        assertThat(met("alice")).as("inside of authentication now").containsExactly("all", "early-alice");

        live("""
                - {name: edge, config: {does: authenticate}}
                - {name: early, consumer: alice, config: {label: early-alice}}
                - {name: early, config: {label: early-all}}
                - {name: probe, config: {label: all}}
                """);
        assertThat(met("alice")).as("where its priority says again").containsExactly("all", "early-all");

        live("""
                - {name: edge, config: {does: authenticate}}
                - {name: probe, config: {label: probe}, ordering: {before: {access: [early, edge]}}}
                - {name: early, config: {label: early}}
                """);
        assertThat(met("alice")).containsExactly("early", "probe");
    }

    @Test
    void aCircleIsRefusedWithItsNames() throws Exception {
        live("- {name: probe, config: {label: kept}}");
        write("""
                - {name: probe, config: {label: probe}, ordering: {before: {access: [early]}}}
                - {name: early, route: r, ordering: {before: {access: [probe]}}}
                """);

        assertThat(rig.gateway.reload())
                .singleElement()
                .asString()
                .contains("plugins[", ".ordering: ", "early, probe, early");
        assertThat(met("bob")).containsExactly("kept");
    }

    @Test
    void aConsumersPluginCannotMove() throws Exception {
        live("- {name: probe, config: {label: kept}}");
        write("- {name: probe, consumer: alice, ordering: {before: {access: [early]}}}");

        assertThat(rig.gateway.reload()).singleElement().asString().contains("plugins[0].ordering: value must be null");
    }
}
