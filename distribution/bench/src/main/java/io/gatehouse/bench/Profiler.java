package io.gatehouse.bench;

import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** async-profiler, loaded into a running JVM: where its CPU time goes. */
final class Profiler {
    private final Path library;

    Profiler(Path folder) throws IOException {
        boolean mac = System.getProperty("os.name").startsWith("Mac");
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        String name = mac ? "macos" : arm ? "linux-arm64" : "linux-x64";
        library = folder.resolve("libasyncProfiler.so");
        try (InputStream in = Profiler.class.getResourceAsStream("/" + name + "/libasyncProfiler.so")) {
            if (in == null) {
                throw new IOException("async-profiler has no library for this system (" + name + ")");
            }
            Files.copy(in, library, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    void start(Program program) throws Exception {
        command(program, "start,event=cpu,interval=500us,threads=false");
    }

    /** Ends it and writes {@code <file>.html}, a flame graph, and {@code <file>.collapsed}. */
    void stop(Program program, Path file) throws Exception {
        command(program, "dump,file=" + file + ".collapsed");
        command(program, "stop,file=" + file + ".html");
    }

    private void command(Program program, String options) throws Exception {
        VirtualMachine machine = VirtualMachine.attach(Long.toString(program.pid()));
        try {
            machine.loadAgentPath(library.toString(), options);
        } finally {
            machine.detach();
        }
    }

    /**
     * The methods with the largest share of samples: by themselves, with the system calls they make; then with all that
     * they call, Gatehouse's own first.
     */
    static String top(List<String> collapsed, int count) {
        Map<String, Long> self = new HashMap<>();
        Map<String, Long> own = new HashMap<>();
        Map<String, Long> others = new HashMap<>();
        long total = 0;
        for (String line : collapsed) {
            int blank = line.lastIndexOf(' ');
            long samples = Long.parseLong(line.substring(blank + 1));
            String last = "(no Java method: compiler, collector)";
            Set<String> seen = new HashSet<>();
            for (String frame : line.substring(0, blank).split(";", -1)) {
                // Java's frames are those with a slash: path/to/Class.method
                if (frame.indexOf('/') > 0) {
                    last = frame;
                    if (seen.add(frame)) {
                        (frame.startsWith("io/gatehouse/") ? own : others).merge(frame, samples, Long::sum);
                    }
                }
            }
            self.merge(last, samples, Long::sum);
            total += samples;
        }
        return "  by itself, with the system calls it makes\n" + lines(self, total, count)
                + "  with what it calls: Gatehouse\n" + lines(own, total, count)
                + "  with what it calls: libraries\n" + lines(others, total, 3 * count);
    }

    private static String lines(Map<String, Long> samples, long total, int count) {
        StringBuilder text = new StringBuilder();
        samples.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(count)
                .forEach(entry -> text.append(String.format(
                        Locale.ROOT, "  %6.1f %%  %s%n", 100.0 * entry.getValue() / total, entry.getKey())));
        return text.toString();
    }
}
