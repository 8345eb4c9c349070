using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>
/// The decisions of mails that are being delivered: smtpd asks once for each recipient and again at DATA, and gets one answer for all of
/// them. Each is remembered for 60 seconds, within <see cref="Capacity"/> and <see cref="MaxBytes"/>; the oldest leaves. A mail that is not
/// remembered is screened again, which does no harm.
/// </summary>
internal sealed class PolicyInstances(TimeProvider time)
{
    /// <summary>Mails that are remembered at once.</summary>
    public const int Capacity = 10_000;

    /// <summary>
    /// What all that is remembered may take. An ordinary mail takes about 1 kB; one request may have 32 kB, all of it in the texts that a
    /// decision refers to.
    /// </summary>
    public const long MaxBytes = 16 * 1024 * 1024;

    // The mail, its decision, their places in dictionary and queue.
    private const int FixedBytes = 1024;

    /// <summary>How long a mail is remembered after its first request.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly AgedTable<(string Instance, ClientAddress Client), Mail> _mails = new(time);
    private long _bytes;

    /// <summary>Mails that are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _mails.Count;
        }
    }

    /// <summary>About how much memory they take.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The mail's place; a new one if it has none yet, or an old one.</summary>
    /// <param name="textLength">Characters of the request's texts that its decision refers to.</param>
    public Mail Of(string instance, ClientAddress client, int textLength)
    {
        lock (_lock)
        {
            MakeRoom(0);
            if (_mails.TryGet((instance, client), out var mail))
                return mail;
            mail = new Mail(FixedBytes + (sizeof(char) * ((long)instance.Length + textLength)));
            MakeRoom(mail.Bytes);
            _mails.Put((instance, client), mail);
            _bytes += mail.Bytes;
            return mail;
        }
    }

    // Removes what is too old, and the oldest until one mail more fits.
    private void MakeRoom(long bytes)
    {
        while (_mails.TryGetOldest(out var oldest, out var mail, out var age)
            && (age >= Life || (bytes > 0 && (_mails.Count >= Capacity || _bytes + bytes > MaxBytes))))
        {
            _mails.Remove(oldest);
            _bytes -= mail.Bytes;
        }
    }

    /// <summary>One mail on its way in.</summary>
    internal sealed class Mail(long bytes)
    {
        private readonly Lock _lock = new();
        private Task<Decision>? _decision;
        private int _traced;

        public long Bytes => bytes;

        /// <summary>The mail's decision; the first to ask has it made, others wait for the same one.</summary>
        public Task<Decision> DecideAsync(Func<Task<Decision>> decide)
        {
            lock (_lock)
                return _decision ??= decide();
        }

        /// <summary>True once: a mail gets one header.</summary>
        public bool IsFirstTrace() => Interlocked.Exchange(ref _traced, 1) == 0;
    }
}
