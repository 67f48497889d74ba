package io.gatehouse.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a process holds, from Linux's {@code /proc}: sockets, threads, memory. Nothing here disturbs it. */
final class Vitals {
    private static final int LISTENING = 0x0A;

    private final long pid;

    Vitals(long pid) {
        this.pid = pid;
    }

    /**
     * A TCP socket of the process.
     *
     * @param localPort of the process's end
     * @param remotePort of the other end
     * @param state the kernel's number
     */
    record Tcp(int localPort, int remotePort, int state) {}

    /** Its TCP sockets, those that only the kernel still knows left out. */
    List<Tcp> tcp() {
        Set<String> own = socketInodes();
        List<Tcp> found = new ArrayList<>();
        for (String table : new String[] {"tcp", "tcp6"}) {
            for (String line : lines(proc("net/" + table))) {
                String[] fields = line.trim().split(" +", -1);
                if (fields.length > 9 && own.contains(fields[9])) {
                    found.add(new Tcp(port(fields[1]), port(fields[2]), Integer.parseInt(fields[3], 16)));
                }
            }
        }
        return found;
    }

    /** How many connections of clients are open on a port of its own. */
    long clients(int port) {
        return tcp().stream()
                .filter(tcp -> tcp.localPort() == port && tcp.state() != LISTENING)
                .count();
    }

    /** How many connections it has to a port. */
    long connectionsTo(int port) {
        return tcp().stream().filter(tcp -> tcp.remotePort() == port).count();
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring(address.indexOf(':') + 1), 16);
    }

    private Set<String> socketInodes() {
        Set<String> inodes = new HashSet<>();
        for (String target : descriptors()) {
            if (target.startsWith("socket:[")) {
                inodes.add(target.substring(8, target.length() - 1));
            }
        }
        return inodes;
    }

    /** What its file descriptors are. */
    List<String> descriptors() {
        List<String> targets = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(proc("fd"))) {
            for (Path one : all) {
                try {
                    targets.add(Files.readSymbolicLink(one).toString());
                } catch (IOException e) {
                    // closed meanwhile
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return targets;
    }

    /** Its threads by name and number of equal ones, without the compiler's, of which a JVM has as many as it likes. */
    Map<String, Integer> threads() {
        Map<String, Integer> threads = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(proc("task"))) {
            for (Path one : all) {
                List<String> name = lines(one.resolve("comm"));
                if (!name.isEmpty()
                        && !name.get(0).startsWith("C1 ")
                        && !name.get(0).startsWith("C2 ")) {
                    threads.merge(name.get(0), 1, Integer::sum);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return threads;
    }

    /** Bytes of memory that are its own right now. */
    long residentBytes() {
        return kilobytes("VmRSS:") * 1024;
    }

    private long kilobytes(String field) {
        for (String line : lines(proc("status"))) {
            if (line.startsWith(field)) {
                return Long.parseLong(
                        line.substring(field.length()).replace("kB", "").trim());
            }
        }
        throw new AssertionError(field + " is not in " + proc("status"));
    }

    /** Processor time that it has used. */
    Duration cpu() {
        String stat = String.join("", lines(proc("stat")));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Duration.ofMillis((Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10);
    }

    private Path proc(String file) {
        return Paths.get("/proc", Long.toString(pid), file);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of(); // a thread or process that has ended
        }
    }
}
