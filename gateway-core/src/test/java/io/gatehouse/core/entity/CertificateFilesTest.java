package io.gatehouse.core.entity;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateFilesTest {
    @TempDir
    Path folder;

    private List<String> problems(Path certificate, Path key) {
        List<String> lines = new ArrayList<>();
        CertificateFiles.check(
                certificate, key, problem -> lines.add(problem.toString().replace(folder + "/", "")));
        return lines;
    }

    private static Path resource(String name) throws Exception {
        return Path.of(requireNonNull(CertificateFilesTest.class.getResource("/io/gatehouse/core/server/" + name), name)
                .toURI());
    }

    @Test
    void takesACertificateWithItsKey() throws Exception {
        assertThat(problems(resource("localhost.pem"), resource("localhost-key.pem")))
                .isEmpty();
    }

    @Test
    void tellsWhatIsWrongWithEitherAndNothingOfTheKey() throws Exception {
        Path text = Files.writeString(folder.resolve("text.pem"), "s3cret");

        assertThat(problems(text, text))
                .containsExactly(
                        "text.pem:1:1 invalid certificate: expected PEM",
                        "text.pem:1:1 invalid key: expected PEM without passphrase");
        assertThat(problems(folder.resolve("none.pem"), folder))
                .hasSize(2)
                .contains("none.pem:1:1 no such file or directory")
                .anyMatch(line -> line.contains("cannot be read"));
    }
}
