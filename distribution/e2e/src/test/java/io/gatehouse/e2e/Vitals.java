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

    /** The other end has closed; this one only has to. */
    private static final int CLOSE_WAIT = 0x08;

    /** How the JVM's own threads are called: it has as many compilers and collectors as it likes. */
    private static final List<String> OF_THE_JVM =
            List.of("C1 ", "C2 ", "G1 ", "GC ", "VM ", "Attach Listener", "Signal Dispatch", "process reaper");

    /** Pools that grow up to a limit as they are used. The kernel knows the first 15 characters of a name. */
    private static final Map<String, Integer> POOLS =
            Map.of("vert.x-worker-t", 20, "vert.x-internal", 20, "gatehouse-timer", 1, "gatehouse-reloa", 1);

    private static final String DATAGRAMS = "datagram sockets";
    private static final String UNIX_SOCKETS = "unix sockets";
    private static final String EVENT_LOOPS = "vert.x-eventloo";

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
        for (String line : table("tcp")) {
            String[] fields = line.trim().split(" +", -1);
            if (fields.length > 9 && own.contains(fields[9])) {
                found.add(new Tcp(port(fields[1]), port(fields[2]), Integer.parseInt(fields[3], 16)));
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

    /**
     * What a process keeps, other than connections and memory.
     *
     * @param threads names and how many there are of each, the JVM's own left out
     * @param descriptors what file descriptors are, without the numbers of pipes and the like, and how many there are
     */
    record Held(Map<String, Integer> threads, Map<String, Integer> descriptors) {}

    Held held() {
        return new Held(threads(), others());
    }

    /**
     * What it keeps now and did not then: threads and descriptors that are more, and connections that the other end has
     * closed. Open connections are not among them: whoever has the other end knows whether they should be.
     *
     * @param outlets how many of its plugins write datagrams, each to a socket that it keeps
     */
    List<String> leftSince(Held then, int outlets) {
        List<String> left = new ArrayList<>();
        Map<String, Integer> threads = threads();
        threads.forEach((name, count) -> {
            int most = Math.max(then.threads.getOrDefault(name, 0), POOLS.getOrDefault(name, 0));
            if (count > most) {
                left.add("threads " + name + ": " + count + " (expected: at most " + most + ")");
            }
        });
        others().forEach((what, count) -> {
            int most = Math.max(then.descriptors.getOrDefault(what, 0), mayBe(what, threads, outlets));
            if (count > most) {
                left.add("descriptors " + what + ": " + count + " (expected: at most " + most + ")");
            }
        });
        for (Tcp tcp : tcp()) {
            if (tcp.state() == CLOSE_WAIT) {
                left.add("a connection that the other end has closed: " + tcp);
            }
        }
        return left;
    }

    /** How many of a kind there may be that were not needed at the start. */
    private static int mayBe(String what, Map<String, Integer> threads, int outlets) {
        if (what.equals(DATAGRAMS)) {
            return threads.getOrDefault(EVENT_LOOPS, 0) + 1 + outlets; // each resolves names by itself
        }
        if (what.equals(UNIX_SOCKETS)) {
            return 2 + outlets; // the one on which the JVM waits for jcmd, and one that it spoke to it on
        }
        // a log, or a JAR of which nothing was needed before
        return what.startsWith("/") && !what.endsWith("(deleted)") ? 1 : 0;
    }

    private Map<String, Integer> threads() {
        Map<String, Integer> threads = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(proc("task"))) {
            for (Path one : all) {
                List<String> name = lines(one.resolve("comm"));
                if (!name.isEmpty() && OF_THE_JVM.stream().noneMatch(name.get(0)::startsWith)) {
                    threads.merge(name.get(0), 1, Integer::sum);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return threads;
    }

    /** Descriptors that are no TCP sockets which the kernel knows. */
    private Map<String, Integer> others() {
        Map<String, Integer> others = new TreeMap<>();
        List<String> all = descriptors();
        Set<String> tcp = sockets(table("tcp"), 9);
        Set<String> udp = sockets(table("udp"), 9);
        Set<String> unix = sockets(lines(proc("net/unix")), 6);
        for (String one : all) {
            if (!tcp.contains(one)) {
                String what = udp.contains(one)
                        ? DATAGRAMS
                        : unix.contains(one) ? UNIX_SOCKETS : one.startsWith("/") ? one : one.replaceAll("\\d+", "");
                others.merge(what, 1, Integer::sum);
            }
        }
        return others;
    }

    private static Set<String> sockets(List<String> table, int column) {
        Set<String> sockets = new HashSet<>();
        for (String line : table) {
            String[] fields = line.trim().split(" +", -1);
            if (fields.length > column) {
                sockets.add("socket:[" + fields[column] + "]");
            }
        }
        return sockets;
    }

    private List<String> table(String protocol) {
        List<String> all = new ArrayList<>(lines(proc("net/" + protocol)));
        all.addAll(lines(proc("net/" + protocol + "6")));
        return all;
    }

    /** Bytes of memory that are its own right now. */
    long residentBytes() {
        return kilobytes("VmRSS:") * 1024;
    }

    /** The most of these bytes that it has had so far. */
    long peakBytes() {
        return kilobytes("VmHWM:") * 1024;
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
