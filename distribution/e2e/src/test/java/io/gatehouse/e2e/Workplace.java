package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where things are, and the few things that every test does with files, processes and time. */
final class Workplace {
    /** The unpacked distribution that is tested. */
    static final Path PACKAGED = folder("gatehouse.packaged");

    /** The root of the repository. */
    static final Path REPOSITORY = folder("gatehouse.repository");

    private static final Path WORK = folder("e2e.work");

    /** What programs say. */
    static final String OUTPUT = "output.log";

    /** For whatever should take moments; long, since the machine may be busy. */
    static final Duration SOON = Duration.ofSeconds(60);

    private static boolean unpacked;
    private static boolean prepared;

    private Workplace() {}

    /**
     * The outcome of a program.
     *
     * @param exit its exit code
     * @param out what it wrote to its standard output
     * @param err what it wrote to its standard error
     */
    record Ran(int exit, String out, String err) {}

    static Path folder(String property) {
        return Path.of(requireNonNull(System.getProperty(property), property))
                .toAbsolutePath()
                .normalize();
    }

    /** The distribution as a user gets it: its tar.gz, unpacked once into a folder with a blank in its name. */
    static Path unpacked() {
        Path root = WORK.resolve("un packed");
        Path home = root.resolve(String.valueOf(PACKAGED.getFileName()));
        if (!unpacked) {
            folderFor("un packed");
            program("tar", "xzf", archive(".tar.gz").toString(), "-C", root.toString());
            unpacked = true;
        }
        return home;
    }

    /**
     * The launcher of a copy of the distribution which {@code gatehouse prepare} was run in: of the many starts here each
     * takes half the time.
     */
    static Path launcher() {
        Path home = WORK.resolve("prepared");
        Path launcher = home.resolve("bin/gatehouse");
        if (!prepared) {
            folderFor("prepared");
            program("cp", "-a", PACKAGED + "/.", home.toString());
            program(launcher.toString(), "prepare");
            prepared = true;
        }
        return launcher;
    }

    /** The major version of the Java that the launcher takes. */
    static int java() {
        String version = program(PACKAGED.resolve("bin/gatehouse").toString(), "version");
        Matcher java = Pattern.compile("Java (\\d+)").matcher(version);
        if (!java.find()) {
            throw new AssertionError("no version of Java in: " + version);
        }
        return Integer.parseInt(java.group(1));
    }

    /** Runs a program and gives what it prints. */
    private static String program(String... command) {
        try {
            Ran ran = run(WORK, cleanEnvironment(), Duration.ofMinutes(5), command);
            if (ran.exit() != 0) {
                throw new AssertionError(ran.out() + ran.err());
            }
            return ran.out();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** One of the archives of the distribution. */
    static Path archive(String extension) {
        return PACKAGED.resolveSibling(PACKAGED.getFileName() + extension);
    }

    /** An empty folder of that name. */
    static Path folderFor(String name) {
        Path folder = WORK.resolve(name);
        try {
            if (Files.exists(folder)) {
                try (Stream<Path> all = Files.walk(folder)) {
                    for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(path);
                    }
                }
            }
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is in it; it may be in the midst of being written, even in the midst of a character. */
    static String read(Path file) {
        try {
            return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines of what somebody is writing, but for a last one that is not whole yet. */
    static String wholeLines(String text) {
        return text.substring(0, text.lastIndexOf('\n') + 1);
    }

    static Path write(Path file, String text) {
        try {
            Files.createDirectories(requireNonNull(file.getParent()));
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** This process's environment without anything that steers a gateway. */
    static Map<String, String> cleanEnvironment() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment
                .keySet()
                .removeIf(name -> name.startsWith("GATEHOUSE_")
                        || name.startsWith("KONG_")
                        || name.startsWith("DECK_")
                        || name.startsWith("JAVA_")
                        || name.endsWith("_API_KEY"));
        return environment;
    }

    /** Runs a program to its end, at most {@code limit}; its outputs go to files in {@code folder}. */
    static Ran run(Path folder, Map<String, String> environment, Duration limit, String... command)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "run", ".out");
        Path err = Files.createTempFile(folder, "run", ".err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new AssertionError(
                    String.join(" ", command) + ": still running after " + limit + "\n" + read(out) + read(err));
        }
        return new Ran(process.exitValue(), read(out), read(err));
    }

    /** A port of loopback that is free now; another process may take it before it is used. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** So many ports of this kind, no two of them the same. */
    static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    /** Ends a process: politely, and after ten seconds not. */
    static void end(Process process) {
        process.destroy();
        try {
            if (process.waitFor(10, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }

    /**
     * Starts a program that is to listen. What it says goes to {@code output.log}.
     *
     * @return null when it has ended instead, as where another one took its port
     */
    static @Nullable Process listening(Path folder, Callable<Boolean> listens, String... command) throws IOException {
        Path log = folder.resolve(OUTPUT);
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        boolean does = await(
                SOON,
                () -> {
                    if (!process.isAlive()) {
                        System.out.println(command[0] + " has ended:\n" + read(log));
                        return Boolean.FALSE;
                    }
                    return listens.call() ? Boolean.TRUE : null;
                },
                () -> command[0] + " does not listen:\n" + read(log));
        return does ? process : null;
    }

    /** Waits until {@code probe} yields something; fails with what {@code otherwise} says. */
    static <T> T await(Duration limit, Callable<@Nullable T> probe, Callable<String> otherwise) {
        long end = System.nanoTime() + limit.toNanos();
        try {
            while (true) {
                T found = probe.call();
                if (found != null) {
                    return found;
                }
                if (System.nanoTime() > end) {
                    throw new AssertionError("not within " + limit.toSeconds() + " s: " + otherwise.call());
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until {@code probe} is true. */
    static void awaitTrue(Duration limit, Callable<Boolean> probe, Callable<String> otherwise) {
        Object unused = await(limit, () -> probe.call() ? Boolean.TRUE : null, otherwise);
    }
}
