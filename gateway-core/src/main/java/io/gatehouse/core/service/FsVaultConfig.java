package io.gatehouse.core.service;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Range;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Secrets in files of a folder: a file is a secret, or a JSON object of several. Nothing outside the folder is read, nor
 * what is no plain file. A line break at the end of a file does not belong to the secret.
 *
 * @param prefix the folder
 * @param ttl seconds for which a value is not read again
 * @param negTtl the same for a failed look-up; null for {@code ttl}
 * @param resurrectTtl seconds after {@code ttl} for which a value that can no longer be read is used on
 * @param base64Decode whether the values are Base64
 */
@Doc("Secrets in files of a folder: a file is a secret, or a JSON object of several.")
public record FsVaultConfig(
        @Doc("The folder.") String prefix,

        @Doc("Seconds for which a value is not read again; with 0 it is read again at each rotation.")
        @Default("0")
        @Range(min = 0, max = 1e9)
        long ttl,

        @Doc("Seconds for which a failed look-up is not tried again; `ttl` when not set.")
        @Range(min = 0, max = 1e9)
        @Nullable
        Long negTtl,

        @Doc("Seconds after `ttl` for which a value that can no longer be read is used on.")
        @Default("100000000")
        @Range(min = 0, max = 1e9)
        long resurrectTtl,

        @Doc("Whether all values are Base64.") @Default("false")
        boolean base64Decode)
        implements VaultConfig {
    /** The type's name. */
    public static final String TYPE = "fs";

    /** Bytes of one file; what Kubernetes allows a Secret. */
    static final int LARGEST = 1024 * 1024;

    private static final List<String> FIELDS = List.of("prefix", "ttl", "neg_ttl", "resurrect_ttl", "base64_decode");

    /** The files of a folder, with all defaults. */
    public static FsVaultConfig in(String folder) {
        return new FsVaultConfig(folder, 0, null, 100_000_000, false);
    }

    @Override
    public FsVaultConfig with(String field, String text) {
        return switch (field) {
            case "prefix" -> {
                if (text.isEmpty()) {
                    throw new IllegalArgumentException("prefix: empty (expected: a folder)");
                }
                yield new FsVaultConfig(text, ttl, negTtl, resurrectTtl, base64Decode);
            }
            case "ttl" ->
                new FsVaultConfig(prefix, VaultConfig.seconds(field, text), negTtl, resurrectTtl, base64Decode);
            case "neg_ttl" ->
                new FsVaultConfig(prefix, ttl, VaultConfig.seconds(field, text), resurrectTtl, base64Decode);
            case "resurrect_ttl" ->
                new FsVaultConfig(prefix, ttl, negTtl, VaultConfig.seconds(field, text), base64Decode);
            case "base64_decode" -> new FsVaultConfig(prefix, ttl, negTtl, resurrectTtl, VaultConfig.bool(field, text));
            default -> throw VaultConfig.unknown(TYPE, field, FIELDS);
        };
    }

    @Override
    public long failureTtl() {
        return negTtl == null ? ttl : negTtl;
    }

    @Override
    public boolean rotates() {
        return true;
    }

    @Override
    public Found read(VaultReference reference, VaultEnvironment environment) {
        if (reference.version() != 1) {
            return Found.failed("a file has no versions");
        }
        try {
            Path folder = Path.of(prefix).toRealPath();
            // {vault://v/dir/file} and {vault://v/file/member} look alike: the file that is there decides
            if (!reference.key().isEmpty()) {
                Path whole = inside(folder, reference.path());
                if (whole != null && Files.isRegularFile(whole)) {
                    return content(folder, whole, "");
                }
            }
            Path file = inside(folder, reference.resource());
            return file == null
                    ? Found.failed("the path leads out of the folder")
                    : content(folder, file, reference.key());
        } catch (NoSuchFileException missing) {
            return Found.failed("no value found");
        } catch (IOException | InvalidPathException unreadable) {
            return Found.failed("cannot be read: " + unreadable.getClass().getSimpleName());
        }
    }

    /** Null when the path could lead elsewhere. */
    private static @Nullable Path inside(Path folder, String path) {
        for (String segment : path.split("/", -1)) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..") || segment.indexOf('\\') >= 0) {
                return null;
            }
        }
        Path file = folder.resolve(path);
        return file.startsWith(folder) ? file : null;
    }

    private static Found content(Path folder, Path file, String key) throws IOException {
        Path real = file.toRealPath(); // Kubernetes mounts secrets as links to links, within the folder
        if (!real.startsWith(folder)) {
            return Found.failed("the path leads out of the folder");
        }
        BasicFileAttributes before = attributes(real);
        if (!before.isRegularFile()) {
            return Found.failed(before.isDirectory() ? "no value found" : "not a plain file");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            bytes = in.readNBytes(LARGEST + 1);
        }
        if (bytes.length > LARGEST) {
            return Found.failed("the file is larger than " + LARGEST + " bytes");
        }
        BasicFileAttributes after = attributes(real);
        if (before.size() != after.size() || !before.lastModifiedTime().equals(after.lastModifiedTime())) {
            return Found.failed("the file is being written");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notText) {
            return Found.failed("not UTF-8");
        }
        int end = text.length();
        if (end > 0 && text.charAt(end - 1) == '\n') {
            end -= end > 1 && text.charAt(end - 2) == '\r' ? 2 : 1;
        }
        // also the moment between the truncation and the writing of a file that is replaced in place
        return end == 0 ? Found.failed("the file is empty") : Found.of(text.substring(0, end), key);
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
}
