"""How people in chats write Indonesian and English words, and the word that is meant."""

_TABLE = """
tidak: ga gak gk g ngga nggak enggak engga ngak nda ndak kagak kaga tdk td4k nggk gaa ngg tak tiada
tidak bisa: gabisa gakbisa gbs gbisa ngga-bisa tdkbisa gabs gaisa takbisa nggabisa nggakbisa
tidak ada: gada gaada gakada gda gkada taka
tidak masuk: gamasuk gakmasuk
tidak jelas: gaje gajelas
bisa: bs bsa bisaa
sudah: udah udh sdh dah uda sdah sudh udahh
belum: blm blum belom blom belon blon blmm
banget: bgt bngt bangett bngtt bgtt banged
yang: yg yng
dengan: dgn dg dngn ama sama2
untuk: utk untk buat tuk
karena: krn karna krna gegara gara2 gara-gara
tadi: td tdi
kenapa: knp knapa kenapa2 napa ngapa knpa
bagaimana: gimana gmn gmna bgmn gimn piye
sampai: sampe smp smpe nyampe nyampai ampe sampek nyampek
sekali: skali bgtbgt
saja: aja aj sj doang doank
juga: jg jga
lagi: lg lgi
tapi: tp tpi
saya: sy gw gue gua aku ane w saia syaa
kamu: km kmu lu elu lo loe
kalau: kalo klo klu kl kalok
pada: pd
dari: dr dri
jam: jm pukul
hari: hr hri
sekarang: skrg skrng skg skarang
semua: smua smuanya semuanya semua2 sumua
orang: org orng
rumah: rmh
banyak: byk bnyk
dapat: dpt dapet dpat dapetin
pesan: psn
tolong: tlg tlong tulung
mohon: mhn mhon
terima kasih: makasih mksh makasi trims trimakasih tq thx thanks thankyou
sama: sm
bayar: byr bayarin
pakai: pake pk pakek
lama: lma lamaa lamaaa
lemot: lemooot lemott lmt lemoot
masuk: msk msuk
keluar: klr kluar
nomor: nmr nomer
kirim: krm
kemarin: kmrn kmaren kemaren kmrin
padahal: pdhl padahl padhal
begini: gini bgini
begitu: gitu bgitu
bantu: bntu bantuin
hilang: ilang ngilang hilng
habis: abis hbs abiss
lihat: liat
dikirim: dikirimin
diperbaiki: dibenerin benerin dibetulin betulin perbaikin diperbaikin
aplikasi: apk app2 aplikasinya appsnya appnya apps apknya aplksi
transaksi: trx transaksinya trxnya trans
rekening: rek norek rekeningnya
please: pls plz plss pliss plis
you: u
your: ur
are: r
because: bc cuz coz cos
people: ppl
not: nt
message: msg msgs
account: acc acct
password: pw passwd pass
tomorrow: tmr tmrw
everyone: every1
internet: inet internetnya inetnya
wifi: wi-fi wfi wipi wifinya
tagihan: tgihan
pelanggan: plgn
jaringan: jrngan jar jaringannya
"""


def _meant() -> dict[str, tuple[str, ...]]:
    found = {}
    for line in _TABLE.strip().splitlines():
        word, _, written = line.partition(": ")
        found.update({each: tuple(word.split()) for each in written.split() if each != word})
    return found


MEANT = _meant()
"""A word as it is written, and the word or words that are meant."""
