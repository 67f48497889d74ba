package io.gatehouse.core.entity;

import io.gatehouse.api.config.Secret;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates belong to a server name: those of the name itself, of {@code *.parent}, of {@code name.*}, or of
 * {@code *}, in this order, as in Kong. A wildcard stands for one label.
 *
 * <p>Immutable but for what vaults yield; any thread.
 */
public final class CertificateTable {
    private static final CertificateTable NONE = new CertificateTable(Map.of());

    private final Map<String, List<ServerCertificate.Live>> byName;

    private CertificateTable(Map<String, List<ServerCertificate.Live>> byName) {
        this.byName = byName;
    }

    /** Without certificates. */
    public static CertificateTable none() {
        return NONE;
    }

    /** Reads the certificates that server names of a configuration lead to. */
    public static CertificateTable of(DeclarativeConfig config) {
        Map<String, List<ServerCertificate.Live>> read = new HashMap<>();
        Map<String, List<ServerCertificate.Live>> byName = new HashMap<>();
        for (Entity entity : config.all(EntityKind.SNI)) {
            SniEntity sni = (SniEntity) entity.value();
            Entity owner = config.find(EntityKind.CERTIFICATE, sni.certificateId());
            if (owner != null) {
                CertificateEntity certificate = (CertificateEntity) owner.value();
                byName.put(
                        sni.name().toLowerCase(Locale.ROOT),
                        read.computeIfAbsent(certificate.id(), id -> read(certificate)));
            }
        }
        return byName.isEmpty() ? NONE : new CertificateTable(Map.copyOf(byName));
    }

    private static List<ServerCertificate.Live> read(CertificateEntity certificate) {
        List<ServerCertificate.Live> all = new ArrayList<>(2);
        all.add(new ServerCertificate.Live(certificate.cert(), certificate.key()));
        Secret other = certificate.certAlt();
        if (other != null) {
            all.add(new ServerCertificate.Live(other, Objects.requireNonNull(certificate.keyAlt())));
        }
        return List.copyOf(all);
    }

    /**
     * The certificates of a server name, one for each kind of key.
     *
     * @param name in lower case, without a last dot; null when the client named none
     * @return null when the name has none of its own
     */
    public @Nullable List<ServerCertificate.Live> find(@Nullable String name) {
        if (name == null || byName.isEmpty()) {
            return null;
        }
        List<ServerCertificate.Live> found = byName.get(name);
        int first = name.indexOf('.');
        if (found == null && first >= 0) {
            found = byName.get("*" + name.substring(first));
            if (found == null) {
                found = byName.get(name.substring(0, name.lastIndexOf('.') + 1) + "*");
            }
        }
        return found == null ? byName.get("*") : found;
    }
}
