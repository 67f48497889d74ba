package io.gatehouse.core.entity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.routing.RouterFlavor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeckDumpTest {
    private static final int CASES = 500;

    private static LoadResult load(String text) {
        return ConfigLoader.loadText("f.yaml", text, RandomConfig.ENVIRONMENT::get, LoadOptions.defaults());
    }

    private static String dump(LoadResult loaded, boolean defaults) {
        assertThat(loaded.problems().stream().map(Problem::toString).filter(line -> !line.contains("warning:")))
                .isEmpty();
        List<Problem> problems = new ArrayList<>();
        String text = DeckDump.write(loaded.config(), defaults, problems::add);
        assertThat(problems).isEmpty();
        return text;
    }

    private static String dump(String yaml) {
        return dump(load(yaml), false);
    }

    private static String resource(String name) {
        try (InputStream in = requireNonNull(DeckDumpTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatItWritesIsTheSameConfiguration() {
        String certificate = resource("/io/gatehouse/core/server/localhost.pem");
        String key = resource("/io/gatehouse/core/server/localhost-key.pem");
        long first = Long.getLong("dump.seed", System.nanoTime());
        int entities = 0;
        for (long seed = first; seed < first + CASES; seed++) {
            String text = RandomConfig.text(seed, certificate, key);
            String where = "dump.seed=" + seed + "\n" + text.replace(key, "KEY");
            LoadResult loaded = load(text);
            assertThat(loaded.ok()).as(() -> where + "\n" + loaded.problems()).isTrue();
            for (boolean defaults : new boolean[] {false, true}) {
                String dumped = dump(loaded, defaults);
                LoadResult again = load(dumped);
                assertThat(again.ok())
                        .as(() -> where + "\n" + dumped + "\n" + again.problems())
                        .isTrue();
                assertThat(lines(again.config()))
                        .as(() -> where + "\n" + dumped)
                        .isEqualTo(lines(loaded.config()));
                assertThat(again.config().fingerprint())
                        .as(() -> where + "\n" + dumped)
                        .isEqualTo(loaded.config().fingerprint());
                assertThat(dump(again, defaults)).as(where).isEqualTo(dumped);
            }
            for (EntityKind kind : EntityKind.values()) {
                entities += loaded.config().all(kind).size();
            }
        }
        System.out.println("dumped and read again: " + CASES + " configurations with " + entities
                + " entities, from dump.seed=" + first);
    }

    private static List<String> lines(DeclarativeConfig config) {
        return Stream.of(EntityKind.values())
                .flatMap(kind -> config.all(kind).stream().map(entity -> kind + " " + data(entity.fields())))
                .sorted()
                .toList();
    }

    private static Object data(@Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> plain = new java.util.TreeMap<>();
            map.forEach((name, item) -> plain.put(String.valueOf(name), data(item)));
            return plain;
        }
        if (value instanceof ConfigNode node) {
            return data(node.toData());
        }
        if (value instanceof List<?> list) {
            return list.stream().map(DeckDumpTest::data).toList().toString();
        }
        return value instanceof Secret secret ? secret.value() : String.valueOf(value);
    }

    @Test
    void nestsSortsAndLeavesOutWhatFollows() {
        assertThat(dump("""
                _format_version: "3.0"
                routes:
                - {name: b, service: {name: s}, paths: [/b], strip_path: true}
                - {name: a, service: {name: s}, paths: [/a], strip_path: false}
                services:
                - {name: s, url: "https://h.test/p", connect_timeout: 60000, retries: 1}
                consumers:
                - {username: amy, keyauth_credentials: [{key: k}]}
                plugins:
                - {name: one, route: a, config: {z: 1, a: [x, {c: d, b: ""}]}}
                - {name: one, route: b, consumer: amy}
                - {name: one, enabled: false}
                """)).isEqualTo("""
                _format_version: "3.0"
                services:
                - host: h.test
                  name: s
                  path: /p
                  port: 443
                  protocol: https
                  retries: 1
                  routes:
                  - name: a
                    paths:
                    - /a
                    plugins:
                    - config:
                        a:
                        - x
                        - b: ""
                          c: d
                        z: 1
                      name: one
                    protocols:
                    - http
                    - https
                    strip_path: false
                  - name: b
                    paths:
                    - /b
                    protocols:
                    - http
                    - https
                consumers:
                - keyauth_credentials:
                  - key: k
                  username: amy
                plugins:
                - enabled: false
                  name: one
                - consumer: amy
                  name: one
                  route: b
                """);
    }

    @Test
    void keepsReferencesAndNeverWritesWhatTheyHold() {
        String dumped = dump("""
                _format_version: "3.0"
                services:
                - {name: s, url: ${{ env "DECK_URL" }}}
                consumers:
                - {username: amy, keyauth_credentials: [{key: "${{ env "DECK_SECRET" }}"}]}
                plugins:
                - name: one
                  config:
                    port: ${{ env "DECK_PORT" | toInt }}
                    secret: "x ${{ env "DECK_SECRET" }}"
                    vault: "{vault://env/a-name}"
                """);

        assertThat(dumped)
                .contains("  url: '${{ env \"DECK_URL\" }}'\n")
                .contains("key: \"${{ env \"DECK_SECRET\" }}\"\n")
                .contains("port: ${{ env \"DECK_PORT\" | toInt }}\n")
                .contains("secret: \"x ${{ env \"DECK_SECRET\" }}\"\n")
                .contains("vault: \"{vault://env/a-name}\"\n")
                .doesNotContain("s3cret", "url.test", "8443");
    }

    @Test
    void saysWhatItCannotWrite() {
        List<Problem> problems = new ArrayList<>();
        String yaml = "_format_version: \"3.0\"\nplugins:\n- {name: one, config: {a: x${{ env \"DECK_Q\" }}}}\n";
        LoadResult loaded =
                ConfigLoader.loadText("f.yaml", yaml, Map.of("DECK_Q", "'s3cret\"")::get, LoadOptions.defaults());

        DeckDump.write(loaded.config(), false, problems::add);

        assertThat(problems.stream().map(Problem::toString))
                .containsExactly(
                        "f.yaml:3:27 plugins[0].config.a: what the variable holds cannot be put into a dump: it"
                                + " has quotes or line breaks; a vault reference such as {vault://env/name} can hold it");
    }

    @Test
    void keepsWhatOnlyTheExpressionsFlavourHas() {
        LoadOptions options = LoadOptions.defaults().withFlavor(RouterFlavor.EXPRESSIONS);
        LoadResult loaded = ConfigLoader.loadText("f.yaml", """
                _format_version: "3.0"
                routes:
                - {name: e, expression: 'http.path ~ r#"^/\\d"# && http.host != "a"', priority: 7}
                - {name: s, sources: [{ip: 10.0.0.0/8}, {port: 1}], destinations: [{ip: "::1", port: 2}]}
                - {name: g, protocols: [grpc], hosts: [a.example]}
                """, Environment.empty(), options);
        for (boolean defaults : new boolean[] {false, true}) {
            String text = dump(loaded, defaults);
            LoadResult again = ConfigLoader.loadText("f.yaml", text, Environment.empty(), options);

            assertThat(again.problems()).as(text).isEmpty();
            assertThat(again.config().fingerprint())
                    .as(text)
                    .isEqualTo(loaded.config().fingerprint());
        }
        assertThat(dump(loaded, false))
                .contains("priority: 7")
                .contains("http.path ~ r#")
                .contains("10.0.0.0/8");
    }

    @Test
    void variablesOfTheHowTosBecomeThoseOfDeck() {
        List<Problem> problems = new ArrayList<>();
        LoadResult loaded = ConfigLoader.loadText("f.yaml", """
                entities:
                  plugins: [{name: one, config: {key: "Bearer ${my-key}"}}]
                variables:
                  my-key: {value: $DECK_SECRET}
                """, RandomConfig.ENVIRONMENT::get, LoadOptions.defaults());

        assertThat(DeckDump.write(loaded.config(), false, problems::add))
                .contains("key: \"Bearer ${{ env \"DECK_MY_KEY\" }}\"");
        assertThat(problems.stream().map(Problem::toString))
                .containsExactly(
                        "f.yaml:2:39 warning: entities.plugins[0].config.key: decK's files have no variables of their own:"
                                + " give the environment variable DECK_MY_KEY what 'my-key' holds");
    }
}
