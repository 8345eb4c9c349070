using System.Collections.Concurrent;
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

    private readonly ConcurrentDictionary<(string Instance, ClientAddress Client), Mail> _mails = new();
    private readonly ConcurrentQueue<((string, ClientAddress) Key, Mail Mail)> _age = new();
    private int _count;
    private long _bytes;

    /// <summary>Mails that are remembered now.</summary>
    public int Count => _mails.Count;

    /// <summary>About how much memory they take.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The mail's place; a new one if it has none yet, or an old one.</summary>
    /// <param name="textLength">Characters of the request's texts that its decision refers to.</param>
    public Mail Of(string instance, ClientAddress client, int textLength)
    {
        var now = time.GetTimestamp();
        var made = new Mail(now, FixedBytes + (sizeof(char) * ((long)instance.Length + textLength)));
        while (_age.TryPeek(out var oldest) && (IsOver(oldest.Mail, now) || IsFullFor(made)) && _age.TryDequeue(out oldest))
        {
            Interlocked.Decrement(ref _count);
            Interlocked.Add(ref _bytes, -oldest.Mail.Bytes);
            _mails.TryRemove(KeyValuePair.Create(oldest.Key, oldest.Mail));
        }

        var mail = _mails.GetOrAdd((instance, client), made);
        if (!ReferenceEquals(mail, made))
            return mail;
        _age.Enqueue(((instance, client), made));
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _bytes, made.Bytes);
        return made;
    }

    private bool IsFullFor(Mail mail) => Volatile.Read(ref _count) >= Capacity || Bytes + mail.Bytes > MaxBytes;

    private bool IsOver(Mail mail, long now) => time.GetElapsedTime(mail.Since, now) >= Life;

    /// <summary>One mail on its way in.</summary>
    internal sealed class Mail(long since, long bytes)
    {
        private readonly Lock _lock = new();
        private Task<Decision>? _decision;
        private int _traced;

        public long Since => since;

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
