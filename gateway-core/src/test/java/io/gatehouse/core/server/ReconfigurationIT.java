package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Reading a configuration that says the same changes nothing; one that says something else changes what it names. */
@NullUnmarked
class ReconfigurationIT {
    private static final String BASE = """
            _format_version: "3.0"
            services:
              - name: s
                url: http://127.0.0.1:9/base
                plugins:
                  - {name: probe, config: {label: of-service}}
                routes:
                  - name: r
                    paths: [/a]
                    plugins:
                      - {name: probe, config: {label: of-route}}
                  - paths: [/nameless]
                    plugins:
                      - {name: probe, config: {label: of-nameless}}
            consumers:
              - username: alice
                custom_id: seven
                keyauth_credentials: [{key: alices-key}]
                plugins:
                  - {name: probe, config: {label: of-alice}}
            plugins:
              - {name: probe, config: {label: of-all}}
              - {name: early}
            """;

    private static final String REORDERED = """
            plugins:
              - name: early
              - config: {label: of-all}
                name: probe
            consumers:
              - plugins: [{config: {label: of-alice}, name: probe}]
                keyauth_credentials:
                  - key: "alices-key"
                custom_id: 'seven'
                username: alice
            services:
              - routes:
                  - plugins:
                      - {name: probe, config: {label: of-nameless}}
                    paths:
                      - /nameless
                  - {plugins: [{name: probe, config: {label: of-route}}], paths: [/a], name: r}
                plugins: [{name: probe, config: {label: of-service}}]
                url: http://127.0.0.1:9/base # a comment
                name: s
            _format_version: "3.0"
            """;

    private static final String DEFAULTS_WRITTEN_OUT = BASE.replace(
                    "url: http://127.0.0.1:9/base", "url: http://127.0.0.1:9/base\n    retries: 5\n    enabled: true")
            .replace("paths: [/nameless]", "paths: [/nameless]\n        strip_path: true\n        preserve_host: false")
            .replace("config: {label: of-route}", "enabled: true, config: {label: of-route}")
            .replace("{name: early}", "{name: early, protocols: [grpc, grpcs, http, https]}");

    private static final String[] BY_REFERENCE_IN_THREE_FILES = {"""
        _format_version: "3.0"
        services:
          - {name: s, protocol: http, host: 127.0.0.1, port: 9, path: /base}
        routes:
          - {name: r, paths: [/a], service: {name: s}}
          - paths: [/nameless]
            service: {name: s}
            plugins: [{name: probe, config: {label: of-nameless}}]
        """, """
        _format_version: "3.0"
        plugins:
          - {name: probe, service: s, config: {label: of-service}}
          - {name: probe, route: r, config: {label: of-route}}
          - {name: probe, consumer: alice, config: {label: of-alice}}
          - {name: probe, config: {label: of-all}}
        """, """
        _format_version: "3.0"
        consumers: [{username: alice, custom_id: seven}]
        keyauth_credentials: [{consumer: alice, key: alices-key}]
        plugins: [{name: early}]
        """};

    @RegisterExtension
    final Rig rig = new Rig();

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();

    private void write(String... texts) throws IOException {
        try (Stream<Path> old = Files.list(folder)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        for (int i = 0; i < texts.length; i++) {
            Files.writeString(folder.resolve(i + ".yaml"), texts[i]);
        }
    }

    private void start() throws Exception {
        write(BASE);
        rig.gateway = Gateway.start(rig.settings()
                .configs(List.of(folder))
                .adminListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .statusListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .build());
        ProbeFactory.LIVES.clear();
    }

    private void reload(String... texts) throws IOException {
        write(texts);
        assertThat(rig.gateway.reload()).isEmpty();
    }

    private String get(int port, String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** What the Status API and the metric show alike. */
    private String fingerprint() throws Exception {
        String status = get(rig.gateway.statusPort(), "/status");
        Matcher shown =
                Pattern.compile("\"configuration_hash\":\"([0-9a-f]{32})\"").matcher(status);
        assertThat(shown.find()).as(status).isTrue();
        assertThat(get(rig.gateway.adminPort(), "/metrics"))
                .contains("gatehouse_config_info{fingerprint=\"" + shown.group(1) + "\"} 1");
        return shown.group(1);
    }

    @Test
    void whatSaysTheSameChangesNothing() throws Exception {
        start();
        String fingerprint = fingerprint();
        List<String[]> layouts = List.of(
                new String[] {BASE},
                new String[] {REORDERED},
                new String[] {DEFAULTS_WRITTEN_OUT},
                BY_REFERENCE_IN_THREE_FILES,
                new String[] {BASE});
        for (int i = 0; i < layouts.size(); i++) {
            reload(layouts.get(i));
            assertThat(ProbeFactory.LIVES).as("layout %s", i).isEmpty();
            assertThat(fingerprint()).as("layout %s", i).isEqualTo(fingerprint);
        }
    }

    /**
     * An edit of the configuration.
     *
     * @param lives the instances that it makes (+) and closes (-)
     */
    private record Edit(String from, String to, List<String> lives) {
        Edit(String from, String to, String... lives) {
            this(from, to, List.of(lives));
        }
    }

    private static final List<Edit> EDITS = List.of(
            new Edit("url: http://127.0.0.1:9/base", "url: http://127.0.0.1:9/base\n    tags: [t]"),
            new Edit("9/base", "9/other"),
            new Edit("paths: [/a]", "paths: [/a, /b]"),
            new Edit("key: alices-key", "key: another-key"),
            new Edit("custom_id: seven", "custom_id: eight"),
            new Edit("consumers:", "consumer_groups: [{name: g}]\nconsumers:"),
            new Edit("name: early", "name: early, tags: [t]"),
            new Edit("name: early", "name: early, config: {label: probe}"), // the plugin's own default
            new Edit("name: early", "name: early, instance_name: e"),
            new Edit("name: early", "name: early, protocols: [http]"),
            new Edit("name: early", "name: early, ordering: {after: {access: [probe]}}"),
            new Edit("label: of-route", "label: other", "+other", "-of-route"),
            new Edit("label: of-route", "label: of-route, does: answer", "+of-route", "-of-route"),
            new Edit(
                    "name: probe, config: {label: of-route",
                    "name: probe, enabled: false, config: {label: of-route",
                    "-of-route"),
            new Edit("name: early", "name: early, enabled: false", "-probe"),
            new Edit("name: early", "name: early, consumer: alice", "+probe", "-probe"),
            new Edit(
                    "- {name: early}",
                    "- {name: early}\n  - {name: probe, route: r, service: s, config: {label: new}}",
                    "+new"),
            new Edit("paths: [/nameless]", "paths: [/other]", "+of-nameless", "-of-nameless"));

    @Test
    void aChangeTouchesWhatItNamesAndShowsInTheFingerprint() throws Exception {
        start();
        String fingerprint = fingerprint();
        for (Edit edit : EDITS) {
            assertThat(BASE).containsOnlyOnce(edit.from());

            reload(BASE.replace(edit.from(), edit.to()));

            Rig.await(() -> ProbeFactory.LIVES.size() >= edit.lives().size(), () -> edit + ": " + ProbeFactory.LIVES);
            assertThat(ProbeFactory.LIVES).as(edit.to()).containsExactlyInAnyOrderElementsOf(edit.lives());
            assertThat(fingerprint()).as(edit.to()).isNotEqualTo(fingerprint);
            reload(BASE);
            Rig.await(
                    () -> ProbeFactory.LIVES.size() == 2 * edit.lives().size(), () -> edit + ": " + ProbeFactory.LIVES);
            assertThat(fingerprint()).isEqualTo(fingerprint);
            ProbeFactory.LIVES.clear();
        }
    }

    /** One that has to tell a sink that is gone may take its time. */
    @Test
    void instancesThatCloseSlowlyHoldUpNeitherEachOtherNorTheNextChange() throws Exception {
        start();
        String edges = """
              - {name: edge, route: r, config: {does: late-close}}
              - {name: edge, service: s, config: {does: late-close}}
            """;
        reload(BASE + edges);
        reload(BASE);
        Rig.await(() -> EdgeFactory.CLOSING.get() == 2, () -> "closing: " + EdgeFactory.CLOSING);

        reload(BASE.replace("label: of-route", "label: other"));

        Rig.await(() -> ProbeFactory.LIVES.contains("-of-route"), () -> "" + ProbeFactory.LIVES);
        EdgeFactory.MAY_CLOSE.countDown();
    }
}
