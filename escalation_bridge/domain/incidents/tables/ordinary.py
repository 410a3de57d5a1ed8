"""Words that say nothing of what a is about, and words that many tickets share whatever they are about."""

ORDINARY = frozenset(
    """
    a about above according actually after afternoon again ago ahead all almost alone along already also although always am among amount an
    and another any anybody anymore anyone anything anyway anywhere apart appear apparently appears are area around as ask asked asking asks
    assist assistance at attach attached attempt attempts available away back bad based basically be became because become been before began
    begin behind being believe below beside best better between big bit both bottom bought bring brought but buy buying by call called calling
    calls came can care case cause caused causes certain check checked checking clear clearly close colleague come comes
    coming common company compared complain complaint complaints complete completed completely concern concerned confirm confirmation confirmed
    confused contact contacted continue correct could couple current currently customer customers day days dear deal did different difficult
    do does doing done down due during each earlier early easy eight either else end ended enough especially etc even evening event ever every
    everything exact exactly example except expect expected experience experiencing explain extremely fact far fast feel feels few figure
    finally find fine first five fix fixed follow following for found four free frequently fresh friday friend friends from front full further
    gave general get gets getting give given gives giving go goes going gonna good got great group guess guy guys had hand handle happen
    happened happening happens has have having he hear heard hello help helped helps her here hers hey hi high him his hold hope hoping
    hour hours how however huge husband i idea if im immediate immediately important in including indeed info inform information informed
    instead into is issue issues it its itself just keep keeps kept kind kindly knew know known large last lately later latest least leave left
    less let lets like likely little live local long longer look looked looking looks lot lots made main make makes making manage manager many
    matter may maybe me mean means meant meanwhile might mine minute minutes miss mom moment monday money month months more
    morning most mostly move much multiple must my myself name near nearly need needed needs neither never new next nice night nine no nobody
    none noon nor normal normally not note nothing now number numbers obviously of off often oh ok okay old on once one ones only onto open
    opened option options or other others ought our ours out over own page paid part particular past people per perhaps person place plan
    please plus point possible possibly previous previously probably problem problems process properly provide purchased put question quick
    quickly quite rather reach read real really reason reasons receive received recent recently regarding regards related reply report
    reported request requested require required resolve resolved respond responds response rest result return right run running said same
    saturday saw say saying says second see seeing seem seems seen self send sent serious service services set seven several shall she should
    show showing shown shows side similar simple simply since sir six small so solution solve solved some somebody somehow someone something
    sometimes somewhere soon sorry sort specific staff start started starting starts state status stay step steps still stop stopped stops
    stuff such suddenly suggest sunday support supposed sure take taken takes taking talk team tell ten than thank thanks that the their
    theirs them themselves then there therefore these they thing things think third this those though thought three through thursday time
    times tired to today together told tomorrow tonight too took top total totally toward tried tries true try trying tuesday turn turned two
    type under understand unfortunately unless until up upon urgent urgently us use used user users using usual usually various very via
    visit wait waited waiting want wanted wants warning was wasn way we wednesday week weekend weeks weird well went were what whatever when
    whenever where whether which while who whole whom whose why wife will wish with within without wonder wondering work worked working works
    world worried worse worst would wow write writing wrote yes yesterday yet you your yours yourself ve ll re don isn aren doesn
    didn hasn haven won couldn wouldn shouldn asap afraid angry annoying ridiculous unacceptable frustrated frustrating disappointed terrible
    horrible awful useless apologize apology compensation manager escalate supervisor reference ref attached screenshot
    attached anyone's that's it's i'm i've i'd we're we've you're they're there's what's let's who's isn't aren't wasn't
    weren't hasn't haven't wouldn't shouldn't o'clock pm am
    ada adakah adalah adanya admin agak agar akan akhir akhirnya aku alasan ambil amat anda antara apa apabila apakah apalagi arah artinya asal
    asli atas atau awal ayo bagaimana bagi bagian bagus bahkan bahwa baik baiknya baru barusan bawa bawah beberapa begini begitu belakang
    belum benar bener beneran berapa berbagai beres beri berikan berikut berikutnya berlaku bersama besok betul biar biarpun biasa
    biasanya bila bilang bisa bisakah bukan bulan buruk butuh cara cek cepat cepet coba contoh cukup cuma cuman dalam dan dapat dari
    daripada dasar datang dekat demi demikian dengan depan di dia diberi dibuat dicek dicoba dihubungi dijawab dikasih dilakukan diminta
    diri disini dong dua dulu duluan emang empat enak entah era gara hadir hai halo hallo hampir hanya harap harapan hari harus harusnya
    hingga hingga hubungi info informasi ingin ini isi itu iya jadi jalan jam jangan jawab jawaban jawabannya jelas jika juga jumat jumlah
    kabari kabar kadang kak kaka kakak kalau kali kalian kami kamis kamu kan kapan karena kasih kasus kata katanya kayak kayaknya ke kebutuhan
    kecewa kecil kedua keluhan kemarin kembali kenapa kepada kesal kesulitan ketika khusus kira kita klarifikasi kok komplain komunikasi kondisi
    konfirmasi konsumen koq kurang lagi lah lain lainnya laku lalu lama lambat langsung lapor laporan lebih lewat lho lihat lima loh loket luar
    lumayan maaf maksud maksudnya makin malah malam mana masa masalah masih mau maupun memang membantu meminta memohon mending mengapa mengecek
    menit menjadi menunggu menurut mereka merupakan meski milik min mimin minggu minta minta mohon mulai mumet mungkin nah nanti nama namanya
    namun ngapain ngeluh nih nya oh ok oke oleh omong orang pada padahal pagi paham pakai pake paling papa para parah pasti pelanggan
    pelayanan penjelasan perbaiki perihal perlu permisi pernah persis pertama pihak pikir pilih pilihan pusat punya rabu rasa rata respon
    responnya ribu rugi saat sabar sabtu sadar sama sambil sampai sana sangat saran satu saya sebab sebagai sebelum sebelumnya sebentar sebuah
    segera sehari sejak sejam sekali sekarang sekitar selain selalu selama selamat selasa selesai seluruh semalam sementara semoga semua
    sendiri senin seperti sepertinya sering serius serta seseorang sesuai sesuatu setelah setiap setuju siang siapa sih silakan sini
    soal sore suatu subuh sudah sungguh supaya susah tadi tadinya tahu tambah tampaknya tanggal tangani tanggapan tanpa tanya tapi tau
    telah tempat tentang tentu terakhir terbaik tercantum terhadap terima terjadi terkait terlalu terlampir termasuk ternyata terpaksa
    tersebut terus tetap tetapi tiap tiba tidak tiga tindak tindakan tinggal tinggi toh tolong tuh tujuan tunggu turun udah umum untuk
    urusan usah waktu walau walaupun wah ya yaa yah yang yuk selesaikan solusi solusinya kapankah kepastian kejelasan kerugian kompensasi
    tanggung gimana kendala kendalanya pak bu bapak ibu mas mbak gan sis bos bro sist om tante bang halo selamat pagi siang sore malam
    terimakasih salam hormat assalamualaikum wr wb permisi admin cs tolong mohon bantuan bantuannya bantu dibantu ditindaklanjuti
    ditunggu secepatnya penanganan tindaklanjut kasian kasihan capek bete bingung khawatir takut gelisah marah percuma nunggu nungguin
    masuk muncul ulang pindah ganti diganti ubah mengubah tambah tambahan bank data kode nomor kena pas teman temen temanku banget saja kerja
    mudah sedang daerah wilayah lokasi area kawasan klik tekan buka dibuka tutup pakai dipakai memakai digunakan menggunakan
    gunakan guna bagus hubungi dihubungi telepon cari mencari dicari jual beli membeli dibeli kirim ambil mengambil diambil bawa simpan isi
    pernah tampil tampilan nyoba mencoba lanjut lanjutkan batas kecuali otomatis langsung manual aktif aktifkan belanja pembeli nasabah warga
    pelanggan resmi benar aman aja keburu sempat terpakai habis pagi bolak balik nyari nanya ditanya bertanya ngomong bilang dibilang
    disuruh suruh menyuruh diminta kabar kabari kontak jawab balas dibalas bales dibales membalas merespon respons tanggapi daftar mendaftar
    terdaftar ketemu lupa ingat tulis tulisan tulisannya teks halaman gaes kawan sodara saudara keluarga suami istri
    gmana ribet repot parah banget mohon2 buset astaga ampun duh aduh waduh wkwk haha hehe huhu hadeh nangis sedih stress stres emosi
    sabar bertahun jutaan ribuan ratusan puluhan separuh seperempat bawah atas samping depan belakang kiri
    kanan luar dalam jauh deket dekat kecil panjang pendek tinggi rendah lebih kurang sedikit dikit
    word list client code kind set add added adding remove removed page press pressed entered type typed
    open opens opening choose chosen select selected selection accept accepted sell selling item bank banks
    online offline mobile pick picked put hit loss lose losing loses sale sales lost happen attach click tap pull pulled push
    success successful successfully complete mode method ways via mins hr hrs sec secs pcs piece pieces whole corner side inside outside
    upstairs downstairs front upper lower early late yet advise advice suggestion opinion wish hope hoping thankful grateful appreciate regard
    regards sincerely cheers hiya mate folks guys sir madam ma'am mister dude bro lol omg wtf damn hell seriously literally honestly basically
    apparently obviously simply meaning mention mentioned mentions noticed notice notices realise realised realize realized remember remembered
    forgot forget hopefully minute moments awhile couple bunch plenty tons load tonnes rest bit piece kinda sorta gotta lemme gimme wanna dunno
    ain't y'all nope yep yeah yup nah cannot shall clean proper allow allowed allows able capable possible impossible refuse deny denied
    single extra additional further another different various plus minus include included includes including excluding lack lacks
    januari februari maret april mei juni juli agustus september oktober november desember january february march june july august october
    december jan feb mar apr jun jul aug sep oct nov dec wib wita wit mulu doang deh kek sampe sono situ dah gitu dst dll
    """.split()
)
"""They are left out altogether."""

NAMES = frozenset(
    """
    bca bri bni mandiri btn bsi cimb niaga danamon permata ocbc maybank panin jago seabank blu jenius btpn mega bukopin bjb dki hsbc citibank
    uob dbs gopay ovo shopeepay linkaja doku midtrans xendit flip paypal stripe visa mastercard gpn wise revolut
    indihome telkom telkomsel indosat im3 tri smartfren axis xl byu biznet firstmedia myrepublic iconnet cbn mnc oxygen starlink
    pln pdam pgn pertamina bpjs kai damri transjakarta garuda citilink lion batik sriwijaya airasia pelita transnusa
    jne jnt j&t sicepat anteraja ninja tiki lalamove paxel spx gosend grabexpress dhl fedex ups
    tokopedia shopee lazada bukalapak blibli tiktok zalora gojek grab maxim indrive traveloka tiketcom agoda airbnb
    samsung xiaomi oppo vivo realme infinix apple iphone huawei asus lenovo acer hp dell macbook windows android ios
    whatsapp telegram instagram facebook youtube netflix disney spotify vidio viu google microsoft outlook zoom zendesk jira
    honda yamaha toyota daihatsu suzuki mitsubishi hyundai wuling byd gesits polytron
    """.split()
)
"""Well-known brands: names even in small letters, and named in everyday tickets, too."""
