package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code gatehouse prepare}: an archive of classes that makes starts faster and can never spoil one. */
final class PrepareIT {
    private final Path home = Workplace.unpacked();
    private final Path work = Workplace.folderFor("prepare");

    @BeforeEach
    void prepares() throws Exception {
        if (Workplace.java() < 25) {
            Workplace.Ran refused = run(Map.of(), Workplace.SOON, "prepare");
            assertThat(refused.exit()).isZero();
            assertThat(refused.out()).contains("nothing was prepared: it takes Java 25 or newer");
            assertThat(archives()).isEmpty();
            assumeTrue(false, refused.out());
        }
        Workplace.Ran prepared = run(Map.of("GATEHOUSE_PROXY_LISTEN", "127.0.0.1:1"), Duration.ofMinutes(5), "prepare");
        assertThat(prepared.exit()).as(prepared.out() + prepared.err()).isZero();
        assertThat(prepared.out()).contains(archive().toString());
        assertThat(prepared.err()).isEmpty();
    }

    @AfterEach
    void leavesThePackageAsItWas() throws IOException {
        for (Path archive : archives()) {
            Files.delete(archive);
        }
    }

    @Test
    void laterStartsTakeTheirClassesFromTheArchive() throws Exception {
        Path loaded = work.resolve("loaded.log");
        Workplace.Ran version = run(Map.of("JAVA_OPTS", "-Xlog:class+load:file=" + loaded), Workplace.SOON, "version");
        assertThat(version.exit()).isZero();
        assertThat(version.err()).isEmpty();
        assertThat(Files.readAllLines(loaded))
                .anySatisfy(line ->
                        assertThat(line).contains("io.gatehouse.core.Main ").contains("shared objects file"));
    }

    @Test
    void anArchiveThatIsCutIsPassedOverInSilence() throws Exception {
        byte[] whole = Files.readAllBytes(archive());
        for (int length : new int[] {0, 100, whole.length / 2}) {
            byte[] cut = new byte[length];
            System.arraycopy(whole, 0, cut, 0, length);
            Path archive = archive();
            Files.delete(archive);
            Files.write(archive, cut);
            assertThatAVersionIsTold();
        }
    }

    @Test
    void anArchiveOfOtherJarsIsPassedOverInSilence() throws Exception {
        Path added = Files.write(home.resolve("lib/zz-added.jar"), Files.readAllBytes(firstJar()));
        try {
            assertThatAVersionIsTold();
        } finally {
            Files.delete(added);
        }
    }

    private void assertThatAVersionIsTold() throws Exception {
        Workplace.Ran version = run(Map.of(), Workplace.SOON, "version");
        assertThat(version.exit()).as(version.out() + version.err()).isZero();
        assertThat(version.out()).startsWith("gatehouse 0.1.0");
        assertThat(version.err()).isEmpty();
    }

    private Workplace.Ran run(Map<String, String> more, Duration limit, String command)
            throws IOException, InterruptedException {
        Map<String, String> environment = new HashMap<>(Workplace.cleanEnvironment());
        environment.putAll(more);
        return Workplace.run(
                work, environment, limit, home.resolve("bin/gatehouse").toString(), command);
    }

    private List<Path> archives() throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("lib"))) {
            return files.filter(file -> file.toString().contains(".jsa")).toList();
        }
    }

    private Path archive() throws IOException {
        List<Path> archives = archives();
        assertThat(archives).hasSize(1);
        return archives.get(0);
    }

    private Path firstJar() throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("lib"))) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
