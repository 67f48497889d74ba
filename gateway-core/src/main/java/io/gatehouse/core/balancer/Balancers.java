package io.gatehouse.core.balancer;

import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.entity.CertificateEntity;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.TargetEntity;
import io.gatehouse.core.entity.UpstreamEntity;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.spi.transport.Transport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The upstreams of the node. A configuration is prepared, then goes live; what did not change is the same balancer as
 * before, and of what did change each address keeps what is known of it.
 *
 * <p>Names are asked for and addresses probed on an event loop of its own, which no plugin can block.
 *
 * <p>Preparing and going live belong to the one thread that loads configurations; reading is for any thread.
 */
public final class Balancers {
    private final EventLoopGroup group;
    private final DnsServers servers;
    private final Names names;
    private final Prober prober;
    private volatile Map<String, Balancer> live = Map.of();

    /** Makes it, without any upstream. */
    public Balancers(VertxInternal vertx, DnsOptions options, Probes probes) {
        Transport transport = vertx.transport();
        this.group = transport.eventLoopGroup(
                Transport.IO_EVENT_LOOP_GROUP,
                1,
                action -> {
                    Thread thread = new Thread(action, "gatehouse-upstreams");
                    thread.setDaemon(true);
                    return thread;
                },
                50);
        EventLoop loop = group.next();
        this.servers = new DnsServers(options, loop, transport);
        this.names = new Names(options, servers, System::nanoTime);
        Context context = vertx.contextBuilder()
                .withThreadingModel(ThreadingModel.EVENT_LOOP)
                .withEventLoop(loop)
                .build();
        this.prober = new Prober(vertx, context, probes);
    }

    /** What names resolve to. */
    public Names names() {
        return names;
    }

    /** The upstreams of a configuration, by name. */
    public Map<String, Balancer> prepare(DeclarativeConfig config) {
        Map<String, List<TargetEntity>> targets = new HashMap<>();
        for (Entity entity : config.all(EntityKind.TARGET)) {
            TargetEntity target = (TargetEntity) entity.value();
            targets.computeIfAbsent(target.upstreamId(), id -> new ArrayList<>())
                    .add(target);
        }
        Map<String, Balancer> before = new HashMap<>();
        live.values().forEach(balancer -> before.put(balancer.upstream().id(), balancer));
        Map<String, Balancer> all = new LinkedHashMap<>();
        for (Entity entity : config.all(EntityKind.UPSTREAM)) {
            UpstreamEntity upstream = (UpstreamEntity) entity.value();
            List<TargetEntity> own = targets.getOrDefault(upstream.id(), List.of());
            TlsOptions probesTls = probesTls(upstream, config);
            Balancer known = before.get(upstream.id());
            all.put(
                    upstream.name(),
                    known != null && known.serves(upstream, own, probesTls)
                            ? known
                            : new Balancer(
                                    upstream, own, probesTls, known == null ? new Memory() : known.memory(), names));
        }
        return all;
    }

    /** Probes show the upstream's own certificate, as requests do for which the service has none. */
    private static TlsOptions probesTls(UpstreamEntity upstream, DeclarativeConfig config) {
        TlsOptions.Builder options =
                TlsOptions.builder().verify(upstream.healthchecks().active().httpsVerifyCertificate());
        String id = upstream.clientCertificateId();
        Entity certificate = id == null ? null : config.find(EntityKind.CERTIFICATE, id);
        if (certificate != null) {
            CertificateEntity shown = (CertificateEntity) certificate.value();
            options.clientCertificate(shown.cert(), shown.key());
        }
        return options.build();
    }

    /** What was prepared serves from now on. */
    public void live(Map<String, Balancer> prepared) {
        live = Map.copyOf(prepared);
        prepared.values().forEach(Balancer::goesLive);
        prober.watch(prepared.values());
    }

    /** All upstreams that serve, by name. */
    public Map<String, Balancer> live() {
        return live;
    }

    /** The upstream with this id or name; null when there is none. */
    public @Nullable Balancer find(String idOrName) {
        Balancer named = live.get(idOrName);
        if (named != null) {
            return named;
        }
        for (Balancer balancer : live.values()) {
            if (balancer.upstream().id().equals(idOrName)) {
                return balancer;
            }
        }
        return null;
    }

    /** Stops asking and probing. */
    public Future<Void> close() {
        prober.watch(List.of());
        Promise<Void> closed = Promise.promise();
        group.next().execute(servers::close);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).addListener(done -> closed.tryComplete());
        return closed.future();
    }
}
