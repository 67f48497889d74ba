package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Maven builds of plugins as other people make them: a copy of the project, the Maven on the PATH, and the plugin API of
 * the distribution's own {@code sdk/} folder.
 *
 * <p>Maven takes what its local repository holds before it looks elsewhere, and there may be an API of an earlier build.
 * So these builds have a local repository of their own. All of it but {@code io/gatehouse} is links to the folders of the
 * one that this build runs with: nothing is fetched twice, and nothing of anybody's is touched.
 */
final class StandAloneBuild {
    private static final Path SHARED_REPOSITORY = Workplace.folder("e2e.maven.repository");
    private static final Map<Path, Path> BUILT = new HashMap<>();
    private static final Path OWN_REPOSITORY = ownRepository();

    private StandAloneBuild() {}

    /** The {@code target} folder of a project after {@code mvn package}; built once. */
    static Path of(Path project) {
        return BUILT.computeIfAbsent(project, StandAloneBuild::build);
    }

    /** A plugin of the fixtures. */
    static Path ofFixture(String name) {
        return of(Workplace.REPOSITORY.resolve("distribution/e2e/fixtures").resolve(name));
    }

    /** Copies the one JAR that a build made for use into a folder. */
    static void copyJar(Path target, Path folder) {
        try (Stream<Path> files = Files.list(target)) {
            List<Path> jars = files.filter(file -> file.toString().endsWith(".jar")
                            && !String.valueOf(file.getFileName()).startsWith("original-"))
                    .toList();
            assertThat(jars).as("JARs in " + target).hasSize(1);
            Files.copy(jars.get(0), folder.resolve(jars.get(0).getFileName()));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Path build(Path project) {
        try {
            Path copy = Workplace.folderFor("build-" + project.getFileName());
            copy(project, copy);
            Map<String, String> environment = new HashMap<>(System.getenv());
            environment.remove("MAVEN_OPTS");
            environment.put("JAVA_HOME", System.getProperty("java.home"));
            Workplace.Ran ran = Workplace.run(
                    copy,
                    environment,
                    Duration.ofMinutes(10),
                    Peers.program("mvn", "stand-alone builds").toString(),
                    "-q",
                    "-B",
                    "-Dmaven.repo.local=" + OWN_REPOSITORY,
                    "-Dgatehouse.home=" + Workplace.PACKAGED,
                    "package");
            assertThat(ran.exit()).as(project + "\n" + ran.out() + ran.err()).isZero();
            return copy.resolve("target");
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static void copy(Path project, Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(project)) {
            for (Path file :
                    files.filter(f -> !f.startsWith(project.resolve("target"))).toList()) {
                Path to = copy.resolve(project.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to);
                }
            }
        }
    }

    private static Path ownRepository() {
        try {
            Path own = Workplace.folderFor("maven-repository");
            link(SHARED_REPOSITORY, own, "io");
            link(SHARED_REPOSITORY.resolve("io"), Files.createDirectory(own.resolve("io")), "gatehouse");
            return own;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void link(Path from, Path to, String except) throws IOException {
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.filter(Files::isDirectory).toList()) {
                Path name = entry.getFileName();
                if (!name.toString().equals(except)) {
                    Files.createSymbolicLink(to.resolve(name), entry);
                }
            }
        }
    }
}
