package io.gatehouse.plugins.logging.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.PluginTester;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileLogConfigTest {
    @Test
    void hasTheDefaultsOfKong315() {
        assertThat(bound("path: /tmp/a.log")).isEqualTo(new FileLogConfig("/tmp/a.log", false, Map.of()));
    }

    @Test
    void mapsEveryField() {
        assertThat(bound("{path: /dev/stdout, reopen: true, custom_fields_by_lua: {a: return 1}}"))
                .isEqualTo(new FileLogConfig("/dev/stdout", true, Map.of("a", "return 1")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"path: ' /a'", "path: '/a '", "path: /a*b", "path: '/a&b'", "path: '/a%b'", "path: '/a`b'"})
    void refusesPathsThatKongRefuses(String yaml) {
        assertThat(problems(yaml)).singleElement().asString().startsWith("path: not a valid filename");
    }

    @Test
    void needsAPath() {
        assertThat(problems("reopen: true")).singleElement().asString().startsWith("path: ");
    }

    @Test
    void hasTheSchemaOfTheGoldenFile() throws IOException {
        try (PluginTester tester = PluginTester.ofYaml(new FileLogFactory(), "path: a");
                InputStream golden = Objects.requireNonNull(
                        getClass().getResourceAsStream("/file-log.schema.json"), "golden file")) {
            assertThat(tester.schema()).isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static List<String> problems(String yaml) {
        try (PluginTester tester = PluginTester.ofYaml(new FileLogFactory(), yaml)) {
            return tester.problems();
        }
    }

    private static Record bound(String yaml) {
        try (PluginTester tester = PluginTester.ofYaml(new FileLogFactory(), yaml)) {
            assertThat(tester.problems()).isEmpty();
            return tester.config();
        }
    }
}
