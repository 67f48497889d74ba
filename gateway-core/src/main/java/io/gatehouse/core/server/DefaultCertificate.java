package io.gatehouse.core.server;

import io.gatehouse.core.entity.ServerCertificate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What TLS listeners show to clients that ask for no server name which has a certificate of its own: two files, read
 * again with each configuration, or one of the gateway's own making. Any thread.
 */
public final class DefaultCertificate {
    private static final Logger LOG = LoggerFactory.getLogger(DefaultCertificate.class);

    private final @Nullable Path certificate;
    private final @Nullable Path key;
    private volatile @Nullable ServerCertificate current;

    /** Names the files; null when there is no such certificate. */
    public DefaultCertificate(@Nullable Path certificate, @Nullable Path key) {
        this.certificate = certificate;
        this.key = key;
    }

    /** Makes one, if there are no files. */
    public void makeIfMissing() {
        if (certificate == null && current == null) {
            current = ServerCertificate.selfSigned();
            LOG.warn("TLS listeners show a certificate of the gateway's own making, which clients do not trust:"
                    + " KONG_SSL_CERT and KONG_SSL_CERT_KEY name another");
        }
    }

    /** Reads the files. If they are no certificate any more, the one that was read before stays. Blocks. */
    public void reload() {
        Path chainFile = certificate;
        Path keyFile = key;
        if (chainFile == null || keyFile == null) {
            return;
        }
        try {
            ServerCertificate read = ServerCertificate.of(text(chainFile), text(keyFile));
            if (read == null) {
                LOG.warn("the certificate of TLS listeners cannot be used: file={} key={}", chainFile, keyFile);
            } else {
                current = read;
            }
        } catch (IOException e) {
            LOG.warn("the certificate of TLS listeners cannot be read: {}", e.toString());
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    @Nullable
    ServerCertificate current() {
        return current;
    }
}
