package io.gatehouse.core.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.gatehouse.core.server.HeadFuzzer;
import io.gatehouse.core.server.RequestFuzzer;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Coverage-guided fuzzing of what reads foreign text, each target in a process of its own, all at once, for a minute
 * ({@code -Dfuzz.seconds=N} for another time). A finding is a file to put into {@code src/test/resources/fuzz}, where
 * {@link FuzzCorpusTest} tries it on every Java.
 */
class FuzzIT {
    private static final int JAZZER_NEEDS = 21;
    private static final Map<String, Class<?>> TARGETS = targets();

    private static Map<String, Class<?>> targets() {
        Map<String, Class<?>> targets = new LinkedHashMap<>();
        targets.put("loader", LoaderFuzzer.class);
        targets.put("template", TemplateFuzzer.class);
        targets.put("vault", VaultFuzzer.class);
        targets.put("path", PathFuzzer.class);
        targets.put("expression", ExpressionFuzzer.class);
        targets.put("request", RequestFuzzer.class);
        targets.put("head", HeadFuzzer.class);
        return targets;
    }

    /** A fuzzer at work. */
    private record Running(String name, Process process, Path folder, Path log) {}

    @Test
    void nothingIsFoundInTheTimeGiven() throws Exception {
        int feature = Runtime.version().feature();
        Assumptions.assumeTrue(
                feature >= JAZZER_NEEDS, "coverage-guided fuzzing needs Java 21 or newer, this is " + feature);
        int seconds = Integer.getInteger("fuzz.seconds", 60);
        List<Running> all = new ArrayList<>();
        try {
            for (Map.Entry<String, Class<?>> target : TARGETS.entrySet()) {
                all.add(start(target.getKey(), target.getValue(), seconds));
            }
            for (Running one : all) {
                String said = awaited(one, seconds);
                System.out.println("fuzzed " + one.name() + ": " + summary(said));
            }
        } finally {
            all.forEach(one -> one.process().destroyForcibly());
        }
    }

    private static Running start(String name, Class<?> target, int seconds) throws Exception {
        Path folder = Files.createDirectories(Path.of("target", "fuzz", name)).toAbsolutePath();
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        Path log = folder.resolve("log.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=io.gatehouse.**:org.snakeyaml.engine.**:io.netty.handler.codec.http.**",
                "-max_total_time=" + seconds,
                "-timeout=60",
                "-rss_limit_mb=1500",
                "-max_len=4096",
                "-print_final_stats=1",
                "-artifact_prefix=" + folder + File.separator,
                corpus.toString(),
                FuzzCorpusTest.corpus(name).toString()));
        Path words = FuzzCorpusTest.corpus(name).resolveSibling(name + ".dict");
        if (Files.exists(words)) {
            command.add("-dict=" + words);
        }
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new Running(name, process, folder, log);
    }

    private static String awaited(Running one, int seconds) throws Exception {
        // the fuzzer's own limits are below; this one is for a fuzzer that hangs
        boolean ended = one.process().waitFor(seconds + 600L, TimeUnit.SECONDS);
        String said = Files.readString(one.log());
        if (!ended || one.process().exitValue() != 0) {
            int from = Math.max(0, said.indexOf("== Java Exception"));
            fail("the fuzzer of " + one.name() + (ended ? " found something in " : " hangs, see ") + one.folder()
                    + "; a file that it left there goes to src/test/resources/fuzz/" + one.name() + "\n"
                    + said.substring(from, Math.min(said.length(), from + 4000)));
        }
        assertThat(said).as(one.name()).contains("stat::number_of_executed_units");
        return said;
    }

    private static String summary(String said) {
        Matcher executed =
                Pattern.compile("stat::number_of_executed_units: *(\\d+)").matcher(said);
        Matcher coverage = Pattern.compile("cov: (\\d+)").matcher(said);
        String inputs = executed.find() ? executed.group(1) : "?";
        String covered = "?";
        while (coverage.find()) {
            covered = coverage.group(1);
        }
        return inputs + " inputs, " + covered + " branches covered";
    }
}
