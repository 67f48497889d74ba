package io.gatehouse.core.fuzz;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.server.HeadFuzzer;
import io.gatehouse.core.server.RequestFuzzer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** What the fuzzers found or began with, tried again on every Java: {@code ./gatehouse fuzz} adds to it. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class FuzzCorpusTest {
    private interface Target {
        void tryOut(byte[] data);
    }

    @TestFactory
    List<DynamicTest> loader() throws Exception {
        return replay("loader", LoaderFuzzer::fuzzerTestOneInput);
    }

    @TestFactory
    List<DynamicTest> template() throws Exception {
        return replay("template", TemplateFuzzer::fuzzerTestOneInput);
    }

    @TestFactory
    List<DynamicTest> vault() throws Exception {
        return replay("vault", VaultFuzzer::fuzzerTestOneInput);
    }

    @TestFactory
    List<DynamicTest> path() throws Exception {
        return replay("path", PathFuzzer::fuzzerTestOneInput);
    }

    @TestFactory
    List<DynamicTest> expression() throws Exception {
        return replay("expression", ExpressionFuzzer::fuzzerTestOneInput);
    }

    @TestFactory
    List<DynamicTest> request() throws Exception {
        return replay("request", RequestFuzzer::fuzzerTestOneInput);
    }

    @TestFactory
    List<DynamicTest> head() throws Exception {
        return replay("head", HeadFuzzer::fuzzerTestOneInput);
    }

    private static List<DynamicTest> replay(String name, Target target) throws Exception {
        Path folder = corpus(name);
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                byte[] data = Files.readAllBytes(file);
                tests.add(DynamicTest.dynamicTest(String.valueOf(file.getFileName()), () -> target.tryOut(data)));
            }
        }
        assertThat(tests).isNotEmpty();
        return tests;
    }

    static Path corpus(String name) throws Exception {
        return Path.of(requireNonNull(FuzzCorpusTest.class.getResource("/fuzz/" + name), name)
                .toURI());
    }

    /** Starts and ends of what is known to be good: half a file is the commonest broken one. */
    @Test
    void aCutOfAGoodFileIsReadOrRefused() throws Exception {
        byte[] whole = Files.readAllBytes(corpus("loader").resolve("everything.yaml"));
        for (int cut = 0; cut <= whole.length; cut += 13) {
            LoaderFuzzer.fuzzerTestOneInput(java.util.Arrays.copyOf(whole, cut));
            LoaderFuzzer.fuzzerTestOneInput(java.util.Arrays.copyOfRange(whole, cut, whole.length));
        }
    }
}
