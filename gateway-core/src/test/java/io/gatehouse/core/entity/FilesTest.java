package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.StandardInput;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesTest {
    @TempDir
    Path folder;

    private static LoadOptions given(String text) {
        return LoadOptions.defaults()
                .withStandardInput(new StandardInput(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void theStandardInputIsAFileThatCanBeReadAgain() throws Exception {
        Path file = Files.writeString(folder.resolve("a.yaml"), "services: [{name: s, host: h}]");
        LoadOptions options = given("_format_version: \"3.0\"\nroutes: [{name: r, paths: [/], service: s}]");
        List<Path> files = List.of(Path.of("-"), file);

        for (int i = 0; i < 2; i++) {
            LoadResult result = ConfigLoader.load(files, Environment.empty(), options);

            assertThat(result.problems()).isEmpty();
            assertThat(result.config().routes()).hasSize(1);
            assertThat(result.config().services()).hasSize(1);
        }
    }

    @Test
    void problemsOfTheStandardInputHaveItsName() {
        LoadResult result =
                ConfigLoader.load(List.of(Path.of("-")), Environment.empty(), given("services: [{name: s}]"));

        assertThat(result.problems())
                .extracting(Object::toString)
                .containsExactly(
                        "-:1:1 _format_version: required field missing; add the line _format_version: \"3.0\"",
                        "-:1:12 services[0].host: required field missing");
    }
}
