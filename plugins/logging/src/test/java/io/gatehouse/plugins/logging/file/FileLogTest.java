package io.gatehouse.plugins.logging.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    void partsItsLinesFromTheHalfOfOneThatAKilledProcessLeft() throws IOException {
        Path path = folder.resolve("access.log");
        Files.writeString(path, "{\"whole\":1}\n{\"ha");
        try (PluginTester tester = tester(path, true, Map.of())) {
            send(tester, "/1");
            send(tester, "/2");
        }

        List<String> lines = Files.readAllLines(path);
        assertThat(lines).hasSize(4).startsWith("{\"whole\":1}", "{\"ha");
        assertThat(lines.get(2)).startsWith("{").contains("\"/1\"");
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

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followsARotatedFile(boolean reopen) throws IOException {
        Path path = folder.resolve("access.log");
        Path rotated = folder.resolve("access.log.1");
        try (PluginTester tester = tester(path, reopen, Map.of())) {
            send(tester, "/1");
            Files.move(path, rotated);
            send(tester, "/2");
        }

        assertThat(Files.readString(rotated)).contains("\"/1\"").doesNotContain("\"/2\"");
        assertThat(Files.readString(path)).contains("\"/2\"").doesNotContain("\"/1\"");
    }

    @Test
    void followsAFileThatWasReplacedAndGoesOnInOneThatWasCutToNothing() throws IOException {
        Path path = folder.resolve("access.log");
        try (PluginTester tester = tester(path, false, Map.of())) {
            send(tester, "/1");
            Files.move(path, folder.resolve("access.log.1"));
            Files.writeString(path, "made by another\n");
            send(tester, "/2");
            assertThat(Files.readString(path)).startsWith("made by another\n{").contains("\"/2\"");
            try (FileChannel copied = FileChannel.open(path, StandardOpenOption.WRITE)) {
                copied.truncate(0);
            }
            send(tester, "/3");
        }

        assertThat(Files.readString(path)).startsWith("{").contains("\"/3\"").doesNotContain("\"/2\"");
    }

    @Test
    void makesARemovedFileAgain() throws IOException {
        Path path = folder.resolve("access.log");
        try (PluginTester tester = tester(path, false, Map.of())) {
            send(tester, "/1");
            Files.delete(path);
            send(tester, "/2");
            assertThat(Files.readAllLines(path)).hasSize(1).first().asString().contains("\"/2\"");
        }
    }

    @Test
    void losesNothingWhileItsFolderIsGone() throws IOException {
        Path gone = folder.resolve("gone");
        Path path = gone.resolve("access.log");
        Files.createDirectory(gone);
        try (PluginTester tester = tester(path, false, Map.of())) {
            send(tester, "/1");
            Files.delete(path);
            Files.delete(gone);
            send(tester, "/2");
            send(tester, "/3");
            Files.createDirectory(gone);
            tester.clock().advance(Duration.ofSeconds(1));

            assertThat(Files.readAllLines(path)).hasSize(2);
            assertThat(tester.log().text()).containsOnlyOnce("queued entries cannot be delivered");
            assertThat(tester.metrics().series()).allMatch(series -> series.endsWith(" 0.0"));
        }
    }

    /** A folder stands where the file should be: as good as a file that may not be written. */
    @Test
    void resumesWhenTheFileCanBeWrittenAgain() throws IOException {
        Path path = Files.createDirectory(folder.resolve("access.log"));
        try (PluginTester tester = tester(path, false, Map.of())) {
            send(tester, "/1");
            Files.delete(path);
            tester.clock().advance(Duration.ofSeconds(1));
        }

        assertThat(Files.readAllLines(path)).hasSize(1);
    }

    /** On a file system of 64 KiB that is full. */
    @Test
    void writesNoHalfLineToAFullDiskAndLosesNothing() throws Exception {
        Path mount = Files.createDirectory(folder.resolve("small"));
        Assumptions.assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount.toString()),
                "a full disk: needs the right to mount");
        try (PluginTester tester = tester(mount.resolve("access.log"), false, Map.of())) {
            Path path = mount.resolve("access.log");
            Path filler = mount.resolve("filler");
            Files.write(filler, new byte[60 * 1024]);
            int requests = 40;
            for (int i = 0; i < requests; i++) {
                send(tester, "/" + i);
            }
            String whileFull = Files.readString(path);
            assertThat(whileFull).endsWith("}\n");
            assertThat(whileFull.lines().count()).isBetween(1L, requests - 1L);
            assertThat(tester.log().text()).contains("No space left");

            Files.delete(filler);
            tester.clock().advance(Duration.ofSeconds(1));
            List<String> lines = Files.readAllLines(path);
            assertThat(lines).hasSize(requests);
            for (int i = 0; i < requests; i++) {
                assertThat(JsonBytes.scan(Buffer.buffer(lines.get(i))).text("/request/uri"))
                        .isEqualTo("/" + i);
            }
        } finally {
            assertThat(run("umount", mount.toString())).isTrue();
        }
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchProgram) {
            return false;
        }
    }

    /** Sends a request and lets its line be written. */
    private static void send(PluginTester tester, String uri) {
        tester.get(uri).send();
        tester.clock().advance(LogFile.GATHERING);
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
