/* A libnvidia-ml.so.1 for tests: as many GPUs as wanted, each fault on demand.
 *
 *   cc -O2 -shared -fPIC -Wl,-soname,libnvidia-ml.so.1 -o libnvidia-ml.so.1 fake_nvml.c -lm
 *
 * FAKE_NVML_GPUS=8           number of GPUs (default 1, at most 64)
 * FAKE_NVML_CALLS=file       counts calls: two 64-bit numbers, all calls and PCIe calls
 * FAKE_NVML_CTL=file         read again whenever it changes; lines "gpu|* key value":
 *   init 9        nvmlInit answers 9 (driver not loaded); 0 again: it works
 *   reload 1      a new number makes every call answer "uninitialised" until nvmlInit is called
 *   all 999       every call on this GPU answers 999
 *   lost 1        GPU is lost           deny 1      no permission for this GPU
 *   na power      one value is not supported (util memory power reasons temp clock fan ecc procs pcie)
 *   mig 3         MIG on, three slices  vgpu 1      guest of a vGPU host
 *   util memutil temp watts limit clock fan ecc reasons  a value; used total: MiB
 *   proc PID MIB  one more process (MIB -1: the driver hides its memory)
 *   slow 20000    every call takes so many microseconds; slowpcie: PCIe calls only
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef unsigned int u32;
typedef unsigned long long u64;
typedef int rc_t;

enum { OK = 0, UNINIT = 1, INVALID = 2, NOTSUP = 3, DENIED = 4, NOTFOUND = 6, INSUFF = 7, LOST = 15 };
enum { MAX_GPUS = 64, MAX_SLICES = 7, MAX_PROCS = 64, MAX_NA = 12 };

typedef struct { u32 pid; u64 memory; } proc_t;
typedef struct gpu {
    int index, slice; /* slice -1: a whole GPU */
    long util, memutil, temp, watts, limit, clock, fan, ecc, reasons, lost, deny, mig, vgpu, all;
    long slow, slowpcie, used, total;
    int procs, nas;
    proc_t proc[MAX_PROCS];
    char na[MAX_NA][16];
    char name[64];
} gpu;

static gpu gpus[MAX_GPUS], slices[MAX_GPUS][MAX_SLICES];
static int count = -1, inited;
static long init_rc, reload_mark;
static struct timespec control_time;
static off_t control_size = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic u64 *calls;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void defaults(void) {
    const char *wanted = getenv("FAKE_NVML_GPUS");
    count = wanted ? atoi(wanted) : 1;
    if (count > MAX_GPUS) count = MAX_GPUS;
    for (int i = 0; i < count; i++) {
        gpu *g = &gpus[i];
        memset(g, 0, sizeof *g);
        g->index = i; g->slice = -1; g->total = 81920; g->limit = 700; g->clock = 1980; g->used = -1;
        g->util = g->memutil = g->temp = g->watts = g->fan = -1;
        snprintf(g->name, sizeof g->name, "NVIDIA H800 80GB (fake)");
    }
    init_rc = 0;
}

static void set(gpu *g, const char *key, const char *value) {
    struct { const char *key; long *field; } fields[] = {
        {"util", &g->util}, {"memutil", &g->memutil}, {"temp", &g->temp}, {"watts", &g->watts},
        {"limit", &g->limit}, {"clock", &g->clock}, {"fan", &g->fan}, {"ecc", &g->ecc},
        {"reasons", &g->reasons}, {"lost", &g->lost}, {"deny", &g->deny}, {"mig", &g->mig},
        {"vgpu", &g->vgpu}, {"all", &g->all}, {"slow", &g->slow}, {"slowpcie", &g->slowpcie},
        {"used", &g->used}, {"total", &g->total}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!strcmp(key, fields[i].key)) *fields[i].field = strtol(value, 0, 0);
    if (!strcmp(key, "name")) snprintf(g->name, sizeof g->name, "%.60s", value);
    if (!strcmp(key, "na") && g->nas < MAX_NA) snprintf(g->na[g->nas++], 16, "%.15s", value);
    long pid, mib;
    if (!strcmp(key, "proc") && g->procs < MAX_PROCS && sscanf(value, "%ld %ld", &pid, &mib) == 2) {
        g->proc[g->procs].pid = pid;
        g->proc[g->procs++].memory = mib < 0 ? ~0ULL : (u64)mib << 20;
    }
}

static void read_control(void) {
    const char *path = getenv("FAKE_NVML_CTL");
    struct stat st;
    pthread_mutex_lock(&lock);
    if (count < 0) defaults();
    if (path && !stat(path, &st) && (st.st_mtim.tv_sec != control_time.tv_sec ||
        st.st_mtim.tv_nsec != control_time.tv_nsec || st.st_size != control_size)) {
        control_time = st.st_mtim; control_size = st.st_size;
        defaults();
        FILE *file = fopen(path, "r");
        char who[16], key[32], value[128];
        while (file && fscanf(file, "%15s %31s %127[^\n]", who, key, value) == 3) {
            if (!strcmp(key, "init")) init_rc = atol(value);
            if (!strcmp(key, "reload") && atol(value) != reload_mark) { reload_mark = atol(value); inited = 0; }
            for (int i = 0; i < count; i++)
                if (*who == '*' || atoi(who) == i) set(&gpus[i], key, value);
        }
        if (file) fclose(file);
    }
    pthread_mutex_unlock(&lock);
}

static void tally(int place) {
    if (!calls) {
        const char *path = getenv("FAKE_NVML_CALLS");
        int file = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
        if (file >= 0 && !ftruncate(file, 16))
            calls = mmap(0, 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        else calls = calloc(2, 8);
        if (file >= 0) close(file);
    }
    atomic_fetch_add(&calls[place], 1);
}

static rc_t enter(void) { tally(0); read_control(); return inited ? OK : UNINIT; }
static gpu *whole(gpu *g) { return g->slice < 0 ? g : &gpus[g->index]; }

static rc_t enter_gpu(gpu *g, const char *value) {
    rc_t rc = enter();
    if (rc) return rc;
    if (!g) return INVALID;
    gpu *w = whole(g);
    if (w->slow) usleep(w->slow);
    if (w->all) return w->all;
    if (w->lost) return LOST;
    if (w->deny) return DENIED;
    for (int i = 0; value && i < w->nas; i++) if (!strcmp(w->na[i], value)) return NOTSUP;
    return OK;
}

#define ENTER do { rc_t rc = enter(); if (rc) return rc; } while (0)
#define GPU(value) do { rc_t rc = enter_gpu(g, value); if (rc) return rc; } while (0)

static long util(gpu *g) { return g->util >= 0 ? g->util : lround(50 + 45 * sin(now() * 0.314 + g->index)); }
static u64 total(gpu *g) { return (u64)g->total << 20; }
static u64 used(gpu *g) {
    if (g->used >= 0) return (u64)g->used << 20;
    u64 sum = 512ULL << 20;
    for (int i = 0; i < g->procs; i++) if (g->proc[i].memory != ~0ULL) sum += g->proc[i].memory;
    return sum;
}

rc_t nvmlInitWithFlags(u32 flags) { (void)flags; tally(0); read_control(); if (init_rc) return init_rc; inited = 1; return OK; }
rc_t nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
rc_t nvmlInit(void) { return nvmlInitWithFlags(0); }
rc_t nvmlShutdown(void) { rc_t rc = enter(); inited = 0; return rc; }
const char *nvmlErrorString(rc_t rc) {
    switch (rc) {
        case 0: return "Success"; case 1: return "Uninitialized"; case 2: return "Invalid Argument";
        case 3: return "Not Supported"; case 4: return "Insufficient Permissions"; case 9: return "Driver Not Loaded";
        case 15: return "GPU is lost"; case 18: return "Driver/library version mismatch"; default: return "Unknown Error";
    }
}
rc_t nvmlSystemGetDriverVersion(char *s, u32 n) { ENTER; snprintf(s, n, "580.00.fake"); return OK; }
rc_t nvmlSystemGetNVMLVersion(char *s, u32 n) { ENTER; snprintf(s, n, "13.580.00"); return OK; }
rc_t nvmlSystemGetCudaDriverVersion_v2(int *v) { ENTER; *v = 13000; return OK; }
rc_t nvmlSystemGetCudaDriverVersion(int *v) { return nvmlSystemGetCudaDriverVersion_v2(v); }
rc_t nvmlDeviceGetCount_v2(u32 *n) { ENTER; *n = count; return OK; }
rc_t nvmlDeviceGetHandleByIndex_v2(u32 i, gpu **d) { ENTER; if (i >= (u32)count) return INVALID; gpu *g = &gpus[i]; GPU(0); *d = g; return OK; }
rc_t nvmlDeviceGetIndex(gpu *g, u32 *i) { GPU(0); *i = g->index; return OK; }
rc_t nvmlDeviceGetName(gpu *g, char *s, u32 n) { GPU(0); if (g->slice < 0) snprintf(s, n, "%s", g->name); else snprintf(s, n, "%s MIG 1g.10gb", whole(g)->name); return OK; }
rc_t nvmlDeviceGetUUID(gpu *g, char *s, u32 n) {
    GPU(0);
    if (g->slice < 0) snprintf(s, n, "GPU-fa4e0000-0000-0000-0000-%012d", g->index);
    else snprintf(s, n, "MIG-fa4e0000-0000-0000-%04d-%012d", g->slice, g->index);
    return OK;
}
rc_t nvmlDeviceGetMinorNumber(gpu *g, u32 *n) { GPU(0); *n = g->index; return OK; }

typedef struct { char legacy[16]; u32 domain, bus, device, id, sub; char bus_id[32]; } pci_t;
rc_t nvmlDeviceGetPciInfo_v3(gpu *g, pci_t *p) {
    GPU(0);
    memset(p, 0, sizeof *p);
    p->bus = 0x10 + g->index;
    snprintf(p->legacy, 16, "0000:%02X:00.0", p->bus);
    snprintf(p->bus_id, 32, "00000000:%02X:00.0", p->bus);
    return OK;
}

typedef struct { u64 total, free, used; } memory_t;
typedef struct { u32 version; u64 total, reserved, free, used; } memory_v2_t;
rc_t nvmlDeviceGetMemoryInfo(gpu *g, memory_t *m) { GPU("memory"); m->total = total(g); m->used = used(g); m->free = m->total - m->used; return OK; }
rc_t nvmlDeviceGetMemoryInfo_v2(gpu *g, memory_v2_t *m) { GPU("memory"); m->total = total(g); m->reserved = 0; m->used = used(g); m->free = m->total - m->used; return OK; }
rc_t nvmlDeviceGetBAR1MemoryInfo(gpu *g, u64 *m) { GPU(0); m[0] = 128ULL << 30; m[1] = m[0]; m[2] = 0; return OK; }
rc_t nvmlDeviceGetUtilizationRates(gpu *g, u32 *u) { GPU("util"); if (whole(g)->mig) return NOTSUP; u[0] = util(g); u[1] = g->memutil >= 0 ? g->memutil : util(g) / 2; return OK; }
rc_t nvmlDeviceGetTemperature(gpu *g, u32 sensor, u32 *t) { GPU("temp"); if (sensor) return NOTSUP; *t = g->temp >= 0 ? g->temp : 35 + util(g) * 45 / 100; return OK; }
rc_t nvmlDeviceGetTemperatureThreshold(gpu *g, u32 kind, u32 *t) { GPU("temp"); *t = kind ? 87 : 92; return OK; }
rc_t nvmlDeviceGetPowerUsage(gpu *g, u32 *mw) { GPU("power"); *mw = 1000 * (g->watts >= 0 ? g->watts : 70 + util(g) * (g->limit - 70) / 100); return OK; }
rc_t nvmlDeviceGetPowerManagementLimit(gpu *g, u32 *mw) { GPU("power"); *mw = 1000 * g->limit; return OK; }
rc_t nvmlDeviceGetEnforcedPowerLimit(gpu *g, u32 *mw) { return nvmlDeviceGetPowerManagementLimit(g, mw); }
rc_t nvmlDeviceGetClockInfo(gpu *g, u32 kind, u32 *mhz) { GPU("clock"); *mhz = kind == 2 ? 2619 : g->clock; return OK; }
rc_t nvmlDeviceGetMaxClockInfo(gpu *g, u32 kind, u32 *mhz) { GPU("clock"); *mhz = kind == 2 ? 2619 : 1980; return OK; }
rc_t nvmlDeviceGetCurrentClocksEventReasons(gpu *g, u64 *r) { GPU("reasons"); *r = g->reasons; return OK; }
rc_t nvmlDeviceGetCurrentClocksThrottleReasons(gpu *g, u64 *r) { return nvmlDeviceGetCurrentClocksEventReasons(g, r); }
rc_t nvmlDeviceGetFanSpeed(gpu *g, u32 *f) { GPU("fan"); if (g->fan < 0) return NOTSUP; *f = g->fan; return OK; }
rc_t nvmlDeviceGetTotalEccErrors(gpu *g, u32 type, u32 counter, u64 *n) { (void)type; (void)counter; GPU("ecc"); *n = g->ecc; return OK; }
rc_t nvmlDeviceGetVirtualizationMode(gpu *g, u64 *mode) { GPU(0); *mode = g->vgpu ? 2 : 0; return OK; }
rc_t nvmlDeviceGetCudaComputeCapability(gpu *g, int *major, int *minor) { GPU(0); *major = 9; *minor = 0; return OK; }
rc_t nvmlDeviceGetMigMode(gpu *g, u32 *current, u32 *pending) { GPU(0); *current = *pending = g->mig > 0; return OK; }
rc_t nvmlDeviceIsMigDeviceHandle(gpu *g, u32 *is) { GPU(0); *is = g->slice >= 0; return OK; }
rc_t nvmlDeviceGetMaxMigDeviceCount(gpu *g, u32 *n) { GPU(0); *n = MAX_SLICES; return OK; }
rc_t nvmlDeviceGetMigDeviceHandleByIndex(gpu *g, u32 i, gpu **part) {
    GPU(0);
    if (i >= (u32)g->mig || i >= MAX_SLICES) return NOTFOUND;
    gpu *s = &slices[g->index][i];
    *s = *g;
    s->slice = i; s->total = g->total / 8; s->used = 1024 * (i + 1); s->procs = i ? 0 : g->procs;
    *part = s;
    return OK;
}

static rc_t pcie(gpu *g, u32 *v) {
    GPU("pcie");
    tally(1);
    if (g->slowpcie) usleep(g->slowpcie);
    *v = 100000 + util(g) * 10000;
    return OK;
}
rc_t nvmlDeviceGetPcieThroughput(gpu *g, u32 kind, u32 *v) { (void)kind; return pcie(g, v); }
rc_t nvmlDeviceGetMaxPcieLinkGeneration(gpu *g, u32 *v) { GPU("pcie"); *v = 5; return OK; }
rc_t nvmlDeviceGetMaxPcieLinkWidth(gpu *g, u32 *v) { GPU("pcie"); *v = 16; return OK; }
rc_t nvmlDeviceGetCurrPcieLinkGeneration(gpu *g, u32 *v) { GPU("pcie"); *v = 5; return OK; }
rc_t nvmlDeviceGetCurrPcieLinkWidth(gpu *g, u32 *v) { GPU("pcie"); *v = 16; return OK; }
rc_t nvmlDeviceGetNvLinkVersion(gpu *g, u32 link, u32 *v) { GPU(0); *v = link < 18 ? 7 : 0; return OK; }
rc_t nvmlDeviceGetNvLinkState(gpu *g, u32 link, u32 *v) { GPU(0); *v = link < 18; return OK; }
typedef struct { u32 field, scope; long long time, latency; u32 type, rc; u64 value; } field_t;
rc_t nvmlDeviceGetFieldValues(gpu *g, int n, field_t *v) {
    GPU(0);
    for (int i = 0; i < n; i++) {
        v[i].time = now() * 1e6; v[i].latency = 1; v[i].type = 3; v[i].rc = OK;
        v[i].value = v[i].field >= 138 && v[i].field <= 141 ? (u64)(now() * 1e5 * (1 + g->index)) : 26562;
    }
    return OK;
}

typedef struct { u32 pid; u64 memory; u32 instance, compute; } process_t;
rc_t nvmlDeviceGetComputeRunningProcesses_v3(gpu *g, u32 *n, process_t *p) {
    GPU("procs");
    u32 room = *n;
    *n = g->procs;
    if (!g->procs) return OK;
    if (!p || room < (u32)g->procs) return INSUFF;
    for (int i = 0; i < g->procs; i++)
        p[i] = (process_t){g->proc[i].pid, g->proc[i].memory, ~0U, ~0U};
    return OK;
}
rc_t nvmlDeviceGetGraphicsRunningProcesses_v3(gpu *g, u32 *n, process_t *p) { (void)p; GPU("procs"); *n = 0; return OK; }
rc_t nvmlDeviceGetMPSComputeRunningProcesses_v3(gpu *g, u32 *n, process_t *p) { (void)p; GPU("procs"); *n = 0; return OK; }
