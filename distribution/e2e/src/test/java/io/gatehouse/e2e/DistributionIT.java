package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is in the archives, and whether it works where somebody unpacks it. */
final class DistributionIT {
    /** What nobody may find missing; everything else must be in both archives as well. */
    private static final List<String> EXPECTED = List.of(
            "LICENSE",
            "README.md",
            "bin/gatehouse",
            "bin/java-home",
            "conf/gatehouse.yaml",
            "conf/logback.xml",
            "docs/configuration.md",
            "docs/plugin-authors.md",
            "docs/reference/plugins/ai-proxy-advanced.md",
            "examples/grafana/dashboards/llm-traffic.json",
            "examples/hello-plugin/pom.xml",
            "examples/mask-plugin/pom.xml",
            "examples/observe-llm-traffic/compose.yaml",
            "examples/observe-llm-traffic/gatehouse/ai-proxy-advanced.yaml",
            "examples/observe-llm-traffic/prometheus.yml",
            "examples/observe-mcp-traffic/gatehouse/ai-proxy-advanced.yaml",
            "lib/gateway-core-0.1.0.jar",
            "lib/plugin-ai-0.1.0.jar",
            "lib/plugin-api-0.1.0.jar",
            "lib/plugin-auth-0.1.0.jar",
            "lib/plugin-logging-0.1.0.jar",
            "lib/plugin-prometheus-0.1.0.jar",
            "lib/plugin-traffic-0.1.0.jar",
            "lib/plugin-transform-0.1.0.jar",
            "lib/simulator-0.1.0.jar",
            "plugins/README.md",
            "sdk/io/gatehouse/gatehouse/0.1.0/gatehouse-0.1.0.pom",
            "sdk/io/gatehouse/plugin-api/0.1.0/plugin-api-0.1.0.jar",
            "sdk/io/gatehouse/simulator/0.1.0/simulator-0.1.0.jar",
            "sdk/io/gatehouse/testkit/0.1.0/testkit-0.1.0.jar");

    /** Every file below a folder with the hash of its bytes, and whether it may be executed. */
    private static Map<String, String> files(Path root) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                boolean executable = Files.getPosixFilePermissions(file).stream()
                        .anyMatch(permission -> permission.name().endsWith("EXECUTE"));
                files.put(root.relativize(file).toString(), sha256(file) + (executable ? " executable" : ""));
            }
        }
        return files;
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void bothArchivesHoldEveryFile() throws IOException {
        Map<String, String> expected = files(Workplace.PACKAGED);
        expected.keySet().removeIf(name -> name.endsWith(".jsa")); // of a benchmark, which prepares the folder
        assertThat(expected).containsKeys(EXPECTED.toArray(String[]::new));
        assertThat(expected.get("bin/gatehouse")).endsWith(" executable");
        assertThat(expected.get("bin/java-home")).endsWith(" executable");

        assertThat(files(Workplace.unpacked())).isEqualTo(expected);
        try (FileSystem zip =
                FileSystems.newFileSystem(Workplace.archive(".zip"), Map.of("enablePosixFileAttributes", "true"))) {
            try (Stream<Path> roots = Files.list(zip.getPath("/"))) {
                assertThat(roots.map(Path::toString)).containsExactly("/" + Workplace.PACKAGED.getFileName());
            }
            assertThat(files(zip.getPath(String.valueOf(Workplace.PACKAGED.getFileName()))))
                    .isEqualTo(expected);
        }
    }

    @Test
    void everyLibraryIsThereOnceAndNoneOfTheTests() throws IOException {
        Map<String, String> versions = new HashMap<>();
        try (Stream<Path> jars = Files.list(Workplace.PACKAGED.resolve("lib"))) {
            for (Path jar : jars.toList()) {
                String name = String.valueOf(jar.getFileName());
                String library = name.replaceFirst("-[0-9].*", "");
                if (!library.contains("native")) { // one file for each platform
                    assertThat(versions.put(library, name)).as(name).isNull();
                }
            }
        }
        assertThat(versions.keySet())
                .doesNotContain("testkit", "junit-jupiter-api", "assertj-core", "jmh-core", "archunit");
    }

    @Test
    void theLauncherWorksFromAnywhereAndThroughLinks() throws Exception {
        Path folder = Workplace.folderFor("launcher");
        Path link = Files.createSymbolicLink(
                folder.resolve("link"), Workplace.unpacked().resolve("bin/gatehouse"));
        Files.createSymbolicLink(folder.resolve("link to a link"), Path.of("link"));

        for (String program : List.of(link.toString(), "./link to a link")) {
            Workplace.Ran ran =
                    Workplace.run(folder, Workplace.cleanEnvironment(), Duration.ofMinutes(2), program, "version");
            assertThat(ran.exit()).as(ran.err()).isZero();
            assertThat(ran.out()).contains("0.1.0");
        }
    }

    @Test
    void theConfigurationThatComesAlongIsGood() throws Exception {
        Workplace.Ran ran = Workplace.run(
                Workplace.folderFor("conf"),
                withVault(),
                Duration.ofMinutes(2),
                Workplace.unpacked().resolve("bin/gatehouse").toString(),
                "validate",
                Workplace.unpacked().resolve("conf/gatehouse.yaml").toString());
        assertThat(ran.exit()).as(ran.err()).isZero();
    }

    private static Map<String, String> withVault() {
        Map<String, String> environment = Workplace.cleanEnvironment();
        environment.put("OPENAI_AUTHORIZATION", "Bearer sk-nobodys");
        return environment;
    }

    @Test
    void theReferencePagesAreThoseOfTheConfigurationRecords() throws Exception {
        Path pages = Workplace.REPOSITORY.resolve("docs/reference/plugins");
        Path folder = Workplace.folderFor("reference");
        String gatehouse = Workplace.PACKAGED.resolve("bin/gatehouse").toString();
        Workplace.Ran plugins =
                Workplace.run(folder, Workplace.cleanEnvironment(), Duration.ofMinutes(2), gatehouse, "plugins");
        Map<String, String> expected = new TreeMap<>();
        for (String line : plugins.out().lines().skip(1).toList()) {
            String name = line.substring(0, line.indexOf(' '));
            Workplace.Ran page = Workplace.run(
                    folder,
                    Workplace.cleanEnvironment(),
                    Duration.ofMinutes(2),
                    gatehouse,
                    "schema",
                    name,
                    "--markdown");
            expected.put(name + ".md", page.out());
        }
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.list(pages)) {
            for (Path file : files.toList()) {
                found.put(String.valueOf(file.getFileName()), Files.readString(file));
            }
        }
        assertThat(found).as("./gatehouse docs writes them").isEqualTo(expected);
    }
}
