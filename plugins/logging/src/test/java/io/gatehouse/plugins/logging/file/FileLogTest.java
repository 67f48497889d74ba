package io.gatehouse.plugins.logging.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLogTest {
    @TempDir
    private Path folder;

    @Test
    void appendsOneLineOfJsonForEachRequest() throws IOException {
        Path path = folder.resolve("access.log");
        Files.writeString(path, "older\n");
        try (PluginTester tester = tester(path, false, Map.of())) {
            tester.upstream(Upstream.answers(200, "fine"));
            tester.get("/first").send();
            tester.get("/second").send();
        }

        List<String> lines = Files.readAllLines(path);
        assertThat(lines).hasSize(3).first().isEqualTo("older");
        assertThat(JsonBytes.scan(Buffer.buffer(lines.get(1))).text("/request/uri"))
                .isEqualTo("/first");
        assertThat(JsonBytes.scan(Buffer.buffer(lines.get(2))).text("/request/uri"))
                .isEqualTo("/second");
        assertThat(Files.readString(path)).endsWith("}\n");
    }

    @Test
    void makesAFileThatOthersMayRead() throws IOException {
        Path path = folder.resolve("access.log");
        try (PluginTester tester = tester(path, false, Map.of())) {
            tester.get("/").send();
        }

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .startsWith("rw-r--");
    }

    @Test
    void followsARotatedFileWhenToldToReopen() throws IOException {
        Path path = folder.resolve("access.log");
        Path rotated = folder.resolve("access.log.1");
        try (PluginTester tester = tester(path, true, Map.of())) {
            tester.get("/1").send();
            Files.move(path, rotated);
            tester.get("/2").send();
        }

        assertThat(Files.readString(rotated)).contains("\"/1\"").doesNotContain("\"/2\"");
        assertThat(Files.readString(path)).contains("\"/2\"").doesNotContain("\"/1\"");
    }

    @Test
    void goesOnWritingToARenamedFileOtherwise() throws IOException {
        Path path = folder.resolve("access.log");
        Path renamed = folder.resolve("access.log.1");
        try (PluginTester tester = tester(path, false, Map.of())) {
            tester.get("/1").send();
            Files.move(path, renamed);
            tester.get("/2").send();
        }

        assertThat(Files.readAllLines(renamed)).hasSize(2);
        assertThat(path).doesNotExist();
    }

    @Test
    void countsWhatItLosesWhileTheFolderIsGoneAndGoesOnWhenItIsBack() throws IOException {
        Path gone = folder.resolve("gone");
        Path path = gone.resolve("access.log");
        try (PluginTester tester = tester(path, false, Map.of())) {
            tester.get("/1").send();
            tester.get("/2").send();
            Files.createDirectory(gone);
            tester.get("/3").send();

            assertThat(tester.counter("gatehouse_log_entries_dropped_total", "file-log", "open_failed"))
                    .isEqualTo(2);
            assertThat(tester.log().text()).containsOnlyOnce("Log entries are lost");
        }

        assertThat(Files.readAllLines(path)).hasSize(1).first().asString().contains("\"/3\"");
    }

    @Test
    void changesFieldsAsConfigured() throws IOException {
        Path path = folder.resolve("access.log");
        try (PluginTester tester = tester(path, false, Map.of("route", "return nil", "team", "return 'x'"))) {
            tester.get("/").send();
        }

        JsonBytes entry = JsonBytes.scan(Buffer.buffer(Files.readAllLines(path).get(0)));
        assertThat(entry.exists("/route")).isFalse();
        assertThat(entry.text("/team")).isEqualTo("x");
    }

    @Test
    void refusesLuaThatIsNoConstant() {
        try (PluginTester tester = tester(folder.resolve("a"), false, Map.of("x", "return os.time()"))) {
            assertThat(tester.problems())
                    .containsExactly("custom_fields_by_lua.x: this Lua code is not supported (got: return os.time(),"
                            + " expected: return nil, or return of a string, a number or a boolean)");
        }
    }

    @Test
    void standsWhereKongsDoes() {
        assertThat(new FileLogFactory().name()).isEqualTo("file-log");
        assertThat(new FileLogFactory().priority()).isEqualTo(9);
    }

    private static PluginTester tester(Path path, boolean reopen, Map<String, String> fields) {
        return PluginTester.of(new FileLogFactory(), new FileLogConfig(path.toString(), reopen, fields));
    }
}
