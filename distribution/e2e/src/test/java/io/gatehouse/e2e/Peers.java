package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * The real programs that suites need. They are looked for on the PATH only, the model in
 * {@code GATEHOUSE_TEST_MODELS}, Node's packages in {@code NODE_PATH}: {@code ./gatehouse e2e} sets all of these. Where
 * one is missing, the suite is skipped by name; with {@code CI=true} that is a failure.
 */
final class Peers {
    private Peers() {}

    static Path prometheus(String suite) {
        return program("prometheus", suite);
    }

    /** A program on the PATH. */
    static Path program(String name, String suite) {
        Path found = onThePath(name);
        if (found == null) {
            missing(suite, "no " + name + " on the PATH");
        }
        return requireNonNull(found);
    }

    /** A Python that has this module. */
    static Path python(String module, String suite) {
        Path python = program("python3", suite);
        try {
            Workplace.Ran ran = Workplace.run(
                    Workplace.folderFor("python-" + module),
                    Workplace.cleanEnvironment(),
                    Workplace.SOON,
                    python.toString(),
                    "-c",
                    "import " + module);
            if (ran.exit() != 0) {
                String why = ran.err().strip();
                missing(
                        suite,
                        "no Python package " + module + " for " + python + ": "
                                + why.substring(why.lastIndexOf('\n') + 1));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return python;
    }

    /** Node, with the package in NODE_PATH. */
    static Path node(String module, String suite) {
        Path node = program("node", suite);
        String modules = System.getenv("NODE_PATH");
        if (modules == null || !Files.isDirectory(Path.of(modules, module))) {
            missing(suite, "no Node package " + module + " in NODE_PATH " + modules);
        }
        return node;
    }

    /** The small model. */
    static Path model(String suite) {
        String folder = System.getenv("GATEHOUSE_TEST_MODELS");
        if (folder != null && Files.isDirectory(Path.of(folder))) {
            try (DirectoryStream<Path> models = Files.newDirectoryStream(Path.of(folder), "*.gguf")) {
                Iterator<Path> found = models.iterator();
                if (found.hasNext()) {
                    return found.next();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        missing(suite, "no GGUF file in GATEHOUSE_TEST_MODELS " + folder);
        throw new AssertionError();
    }

    /** The text of a how-to, by its number. */
    static String seed(String number, String suite) {
        Path seeds = Workplace.REPOSITORY.resolve("../shared/seeds").normalize();
        if (Files.isDirectory(seeds)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(seeds, number + "_*.txt")) {
                Iterator<Path> found = files.iterator();
                if (found.hasNext()) {
                    return Files.readString(found.next());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        missing(suite, "the text of how-to " + number + " is not in ../shared/seeds");
        throw new AssertionError();
    }

    /** The folder with Kong's published plugin schemas; skips the suite when it is not there. */
    static Path kongSchemas(String suite) {
        Path schemas =
                Workplace.REPOSITORY.resolve("../shared/data/plugin-schemas").normalize();
        if (!Files.isDirectory(schemas)) {
            missing(suite, "Kong's plugin schemas are not in ../shared/data");
        }
        return schemas;
    }

    /** Whether a program is on the PATH; for what is merely less without it. */
    static boolean has(String name) {
        return onThePath(name) != null;
    }

    private static @Nullable Path onThePath(String name) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            Path program = Path.of(folder, name);
            if (!folder.isEmpty() && Files.isExecutable(program) && !Files.isDirectory(program)) {
                return program;
            }
        }
        return null;
    }

    private static void missing(String suite, String what) {
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError(suite + ": " + what + " (CI=true: nothing may be skipped)");
        }
        System.out.println("skipped: " + suite + ": " + what);
        Assumptions.abort(suite + ": " + what);
    }
}
