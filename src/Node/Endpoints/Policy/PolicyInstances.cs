using System.Collections.Concurrent;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>
/// The decisions of mails that are being delivered: smtpd asks once for each recipient and again at DATA, and gets one answer for all of
/// them. At most 10,000, each for 60 seconds; who has more recipients than that takes long is screened again, which does no harm.
/// </summary>
internal sealed class PolicyInstances(TimeProvider time)
{
    /// <summary>Mails that are remembered at once.</summary>
    public const int Capacity = 10_000;

    /// <summary>How long a mail is remembered after its first request.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<(string Instance, ClientAddress Client), Mail> _mails = new();
    private readonly ConcurrentQueue<((string, ClientAddress) Key, Mail Mail)> _age = new();
    private int _ageCount;

    /// <summary>Mails that are remembered now.</summary>
    public int Count => _mails.Count;

    /// <summary>The mail's place; a new one if it has none yet, or an old one.</summary>
    public Mail Of(string instance, ClientAddress client)
    {
        var now = time.GetTimestamp();
        while (_age.TryPeek(out var oldest) && (IsOver(oldest.Mail, now) || Volatile.Read(ref _ageCount) >= Capacity) && _age.TryDequeue(out oldest))
        {
            Interlocked.Decrement(ref _ageCount);
            _mails.TryRemove(KeyValuePair.Create(oldest.Key, oldest.Mail));
        }

        var made = new Mail(now);
        var mail = _mails.GetOrAdd((instance, client), made);
        if (!ReferenceEquals(mail, made))
            return mail;
        _age.Enqueue(((instance, client), made));
        Interlocked.Increment(ref _ageCount);
        return made;
    }

    private bool IsOver(Mail mail, long now) => time.GetElapsedTime(mail.Since, now) >= Life;

    /// <summary>One mail on its way in.</summary>
    internal sealed class Mail(long since)
    {
        private readonly Lock _lock = new();
        private Task<Decision>? _decision;
        private int _traced;

        public long Since => since;

        /// <summary>The mail's decision; the first to ask has it made, others wait for the same one.</summary>
        public Task<Decision> DecideAsync(Func<Task<Decision>> decide)
        {
            lock (_lock)
                return _decision ??= decide();
        }

        /// <summary>True once: a mail gets one header.</summary>
        public bool TakeTrace() => Interlocked.Exchange(ref _traced, 1) == 0;
    }
}
