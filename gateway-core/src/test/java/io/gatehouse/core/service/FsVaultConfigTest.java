package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FsVaultConfigTest {
    @TempDir
    Path root;

    private Path folder;

    @BeforeEach
    void fill() throws IOException {
        folder = Files.createDirectories(root.resolve("secrets"));
        write("plain.txt", "s3cret\n");
        write("windows.txt", "s3cret\r\n");
        write("two-lines.txt", "one\ntwo\n\n");
        write("creds.json", "{\"user\": \"u\", \"password\": \"p\", \"n\": 1, \"deep\": {\"x\": \"y\"}}");
        write("dir/f.txt", "inner");
        write("dir/creds.json", "{\"password\": \"deep\"}");
        write("base64.txt", "czNjcmV0\n");
        write("base64.json", "{\"k\": \"czNjcmV0\"}");
        write("empty", "");
        write("line-break-only", "\n");
        Files.write(folder.resolve("binary"), new byte[] {(byte) 0xc3, 0x28});
        Files.write(folder.resolve("huge"), new byte[FsVaultConfig.LARGEST + 1]);
        Files.writeString(root.resolve("outside.txt"), "not yours");
        Files.writeString(Files.createDirectories(root.resolve("secrets-2")).resolve("x"), "not yours");
        Files.createSymbolicLink(folder.resolve("link-out"), root.resolve("outside.txt"));
        Files.createSymbolicLink(folder.resolve("link-dir"), root.resolve("secrets-2"));
        // as Kubernetes mounts a Secret
        write("..2026/token", "mounted");
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("..2026"));
        Files.createSymbolicLink(folder.resolve("token"), Path.of("..data/token"));
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private Vaults.Lookup lookup(String pathAndMore) {
        return new Vaults(name -> null, Map.of("fs", FsVaultConfig.in(folder.toString())), Clock.systemUTC())
                .draft()
                .lookup("{vault://fs/" + pathAndMore + "}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain.txt                          | s3cret",
                "windows.txt                        | s3cret",
                "two-lines.txt                      | 'one\ntwo\n'",
                "creds.json/password                | p",
                "dir/f.txt                          | inner",
                "dir/f.txt/                         | inner",
                "dir%2Ff.txt                        | inner",
                "dir/creds.json/password            | deep",
                "dir/creds.json                     | '{\"password\": \"deep\"}'",
                "token                              | mounted",
                "base64.txt?base64_decode=true      | s3cret",
                "base64.json/k?base64_decode=true   | s3cret",
            })
    void readsFilesAndMembers(String path, String expected) {
        Vaults.Lookup found = lookup(path);

        assertThat(found.failure()).isNull();
        assertThat(found.current().get()).isEqualTo(expected);
        assertThat(found).hasToString("Lookup[***]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "absent                             | no value found",
                "dir                                | no value found",
                "dir/absent                         | no value found",
                "plain.txt/k                        | subfield k not found in JSON secret",
                "creds.json/absent                  | subfield absent not found in JSON secret",
                "creds.json/n                       | subfield n not found in JSON secret",
                "creds.json/deep                    | subfield deep not found in JSON secret",
                "..%2Foutside.txt                   | leads out of the folder",
                "../outside.txt/                    | leads out of the folder",
                "dir/../../outside.txt/             | leads out of the folder",
                "%2Fetc%2Fpasswd                    | leads out of the folder",
                "..%2Fsecrets-2%2Fx                 | leads out of the folder",
                "link-out                           | leads out of the folder",
                "link-dir/x                         | leads out of the folder",
                "a%00b                              | cannot be read",
                "empty                              | the file is empty",
                "line-break-only                    | the file is empty",
                "binary                             | not UTF-8",
                "huge                               | larger than 1048576 bytes",
                "plain.txt?base64_decode=true       | no Base64 of UTF-8",
                "plain.txt#2                        | a file has no versions",
            })
    void yieldsNothingAndSaysWhy(String path, String why) {
        Vaults.Lookup found = lookup(path);

        assertThat(found.failure()).contains(why).doesNotContain("s3cret");
        assertThat(found.refused()).isFalse();
        assertThat(found.current().get()).isEmpty();
    }

    @Test
    void doesNotWaitForAPipe() throws Exception {
        Path pipe = folder.resolve("pipe");
        if (new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0) {
            assertThat(lookup("pipe").failure()).contains("not a plain file");
        }
    }

    @Test
    void aFolderThatIsNotThereIsAFailedLookup() throws IOException {
        Vaults.Lookup found = new Vaults(
                        name -> null,
                        Map.of("fs", FsVaultConfig.in(root.resolve("nowhere").toString())),
                        Clock.systemUTC())
                .draft()
                .lookup("{vault://fs/x}");

        assertThat(found.failure()).contains("no value found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x?ttl=soon", "x?ttl=-1", "x?base64_decode=maybe", "x?prefix=", "x?region=eu"})
    void refusesOptionsThatItCannotFollow(String reference) {
        assertThat(lookup(reference).refused()).isTrue();
    }
}
