package io.gatehouse.core.entity;

import io.gatehouse.core.config.Location;
import io.gatehouse.core.config.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Checks a certificate and its key that stand in files. Stateless; nothing of a key gets into a message. */
public final class CertificateFiles {
    private CertificateFiles() {}

    /** Tells whatever keeps a listener from using them. */
    public static void check(Path certificate, Path key, Consumer<Problem> sink) {
        String certificateText = read(certificate, sink);
        String keyText = read(key, sink);
        if (certificateText == null || keyText == null) {
            return;
        }
        X509Certificate read = Pem.certificate(certificateText);
        PrivateKey own = Pem.privateKey(keyText);
        if (read == null) {
            sink.accept(problem(certificate, "invalid certificate: expected PEM"));
        }
        if (own == null) {
            sink.accept(problem(key, "invalid key: expected PEM without passphrase"));
        }
        if (read != null && own != null && !Pem.matches(read.getPublicKey(), own)) {
            sink.accept(problem(key, "certificate does not match key"));
        }
    }

    private static @Nullable String read(Path file, Consumer<Problem> sink) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException unreadable) {
            sink.accept(problem(
                    file,
                    Files.exists(file) ? "cannot be read: " + unreadable.getMessage() : "no such file or directory"));
            return null;
        }
    }

    private static Problem problem(Path file, String message) {
        return Problem.error(new Location(file.toString(), 1, 1), "", message, null);
    }
}
